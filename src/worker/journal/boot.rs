//! Which start of the system this is: what was written in an earlier one and never synced may be lost, whatever its length.

use std::sync::OnceLock;

/// Differs for each start; `None` where the system does not tell.
pub(super) fn id() -> Option<&'static str> {
    static ID: OnceLock<Option<String>> = OnceLock::new();
    ID.get_or_init(|| read().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty())).as_deref()
}

#[cfg(not(target_os = "macos"))]
fn read() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()
}

/// No file tells it there.
#[cfg(target_os = "macos")]
fn read() -> Option<String> {
    let asked = std::process::Command::new("/usr/sbin/sysctl").args(["-n", "kern.bootsessionuuid"]).output().ok()?;
    asked.status.success().then(|| String::from_utf8_lossy(&asked.stdout).into_owned())
}

/// Whether `noted` is an earlier start than this one. What is not known is none.
pub(super) fn was_before(noted: Option<&str>) -> bool {
    noted.zip(id()).is_some_and(|(noted, now)| noted != now)
}
