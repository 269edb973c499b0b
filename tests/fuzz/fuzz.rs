//! Gives what the fuzzer makes up to the target that `LONGSHORE_TARGET` names.
#![no_main]

use std::sync::OnceLock;

use longshore_fuzz::targets::Target;

static TARGET: OnceLock<Target> = OnceLock::new();

libfuzzer_sys::fuzz_target!(init: {
    let name = std::env::var("LONGSHORE_TARGET").expect("LONGSHORE_TARGET names a target");
    let target = Target::named(&name).expect("there is such a target");
    let _ = TARGET.set(target);
}, |bytes: &[u8]| {
    if let Some(target) = TARGET.get() {
        target.run(bytes);
    }
});
