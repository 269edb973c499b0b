//! Which start of the system this is: what was written in an earlier one and never synced may be lost, whatever its length.

use std::sync::OnceLock;

/// Differs for each start; `None` where the system does not tell.
pub(super) fn id() -> Option<&'static str> {
    static ID: OnceLock<Option<String>> = OnceLock::new();
    let read = || std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    ID.get_or_init(|| read().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty())).as_deref()
}

/// Whether `noted` is an earlier start than this one. What is not known is none.
pub(super) fn was_before(noted: Option<&str>) -> bool {
    noted.zip(id()).is_some_and(|(noted, now)| noted != now)
}
