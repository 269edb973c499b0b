//! Parses the arguments, starts the worker, and runs the window or the command line on it.

use std::error::Error;
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use clap::Parser;
use longshore::cli::{self, Arguments, Left, Options, Target, TranscriptFile, complain};
use longshore::model::{Action, Actions, Credentials, Event, Failure, Site, Wake};
use longshore::ui::{self, App};
use longshore::worker::store::{Folders, Store};
use longshore::worker::{self, CarryOn};

#[cfg(feature = "practice")]
mod practice;

/// Exit status for wrong usage, as clap has it.
const USAGE: u8 = 2;
/// The window's first size, and the smallest in which nothing is cut off.
const SIZE: [f32; 2] = [1400.0, 900.0];
const SMALLEST: [f32; 2] = [900.0, 600.0];
/// How long the worker may take to write and to say goodbye after the window was closed.
const GOODBYE: Duration = Duration::from_secs(10);
/// Events between the transcript and the window.
const PASSED: usize = 1024;
/// The least time between an event and the picture that shows it, so that a burst of them is one picture.
const SOON: Duration = Duration::from_millis(20);

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return cli::explain_usage(&error),
    };
    #[cfg(feature = "practice")]
    if arguments.serve_only {
        return practice::serve();
    }
    if let Some(command) = arguments.command {
        if arguments.url.is_some() {
            return wrong("a URL before the subcommand opens the window; put it behind the subcommand");
        }
        return match cli::log_for_window(&command) {
            None => cli::run(command, arguments.options, spawn),
            Some(Ok(log)) => window(None, Some(log), &arguments.options),
            Some(Err(text)) => wrong(&text),
        };
    }
    #[cfg(feature = "practice")]
    if arguments.practice {
        return match practice::Practice::start() {
            // It serves until the window is closed.
            Ok(practice) => window(Some(practice.url()), None, &arguments.options),
            Err(error) => {
                complain(&format!("could not start the practice server: {error}"));
                ExitCode::FAILURE
            }
        };
    }
    window(arguments.url.as_deref(), None, &arguments.options)
}

fn wrong(text: &str) -> ExitCode {
    complain(text);
    USAGE.into()
}

/// Starts the worker for the command line, which looks for events by itself.
fn spawn(start: cli::Start) -> Result<(Actions, Receiver<Event>), Failure> {
    let carry_on = match start.left {
        Left::Ignore => CarryOn::Ignore,
        Left::Hold => CarryOn::Hold,
        Left::Run => CarryOn::Run,
    };
    let start = worker::Start { folders: Folders::native()?, run: start.run, adjust: start.adjust, carry_on };
    let (actions, events, _) = worker::spawn(start, Wake::nobody());
    Ok((actions, events))
}

/// Opens the window, connected if `url` or `--site` names a server, with `log` in the reply log.
fn window(url: Option<&str>, log: Option<PathBuf>, options: &Options) -> ExitCode {
    let folders = match Folders::native() {
        Ok(folders) => folders,
        Err(failure) => {
            complain(&failure.to_string());
            return ExitCode::FAILURE;
        }
    };
    if let Err(text) = options.check_roots().and_then(|()| options.warn_of_keylog()) {
        return wrong(&text);
    }
    let open = match server(url, options, &folders) {
        Ok(open) => open,
        Err(text) => return wrong(&text),
    };
    let transcript = match options.begin_transcript() {
        Ok(transcript) => transcript,
        Err(text) => return wrong(&text),
    };
    match show(Opened { server: open, log }, options, transcript, folders) {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            complain(&format!("could not open the window: {text}"));
            ExitCode::FAILURE
        }
    }
}

/// The server that the window is to connect to.
#[expect(clippy::type_complexity, reason = "it is what `ui::Start::open` holds")]
fn server(
    url: Option<&str>,
    options: &Options,
    folders: &Folders,
) -> Result<Option<(Arc<Site>, Option<Credentials>)>, String> {
    let target = match (url, &options.site) {
        (Some(_), Some(_)) => return Err("a URL and --site exclude each other".to_owned()),
        (Some(word), None) if is_bare_word(word) => {
            return Err(format!("{word} is no subcommand; a server of this name is ftp://{word}"));
        }
        (Some(url), None) => Target::of_url(url, options)?,
        (None, Some(name)) => {
            let (_, _, sites, _) = Store::open(folders, true);
            Target::of_site(name, "", &sites, options)?
        }
        (None, None) => return Ok(None),
    };
    let password = cli::given_password(options.password_stdin)?;
    let credentials = target.credentials(password.as_ref());
    let mut site = target.site;
    if !target.path.is_empty() {
        Arc::make_mut(&mut site).remote = Some(target.path);
    }
    Ok(Some((site, credentials)))
}

/// Whether a word is rather a subcommand that does not exist than a server's address.
fn is_bare_word(word: &str) -> bool {
    word != "localhost" && !word.contains(['.', ':', '/', '@'])
}

/// What the window opens with.
struct Opened {
    server: Option<(Arc<Site>, Option<Credentials>)>,
    log: Option<PathBuf>,
}

fn show(opened: Opened, options: &Options, transcript: Option<TranscriptFile>, folders: Folders) -> Result<(), String> {
    let mut viewport = egui::ViewportBuilder::default()
        .with_title("Longshore")
        .with_app_id("longshore")
        .with_inner_size(SIZE)
        .with_min_inner_size(SMALLEST)
        .with_drag_and_drop(true);
    if let Ok(icon) = eframe::icon_data::from_png_bytes(include_bytes!("../assets/icon.png")) {
        viewport = viewport.with_icon(icon);
    }
    let native = eframe::NativeOptions { viewport, renderer: eframe::Renderer::Glow, ..Default::default() };
    let (run, adjusting) = (options.run(), options.clone());
    let ending = Arc::new(Mutex::new(None));
    let kept = ending.clone();
    let create = move |cc: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, Box<dyn Error + Send + Sync>> {
        let context = cc.egui_ctx.clone();
        // As if the window was closed, so that everything is written and a practice server is tidied up.
        let closed = context.clone();
        cli::on_interrupt(move || {
            closed.send_viewport_cmd(egui::ViewportCommand::Close);
            closed.request_repaint();
        });
        let wake = Wake(Arc::new(move || context.request_repaint_after(SOON)));
        let adjust = Box::new(move |settings: &mut _| adjusting.adjust(settings));
        let start = worker::Start { folders, run, adjust, carry_on: CarryOn::Hold };
        let (actions, events, thread) = match transcript {
            None => worker::spawn(start, wake),
            Some(transcript) => {
                let (actions, events, _) = worker::spawn(start, Wake::nobody());
                let (events, thread) = record(events, transcript, wake);
                (actions, events, thread)
            }
        };
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((actions.clone(), thread));
        Ok(Box::new(App::new(
            &cc.egui_ctx,
            ui::Start { actions, events, open: opened.server, local: None, log: opened.log },
        )))
    };
    let result = run_native(native, Box::new(create));
    // The window and its end of the channel are gone. What runs is written down, and goes on next time.
    if let Some((actions, thread)) = ending.lock().unwrap_or_else(PoisonError::into_inner).take() {
        // A channel that is full or closed belongs to a worker that ends by itself.
        let _ = actions.send(Action::Quit);
        let deadline = std::time::Instant::now() + GOODBYE;
        while !thread.is_finished() && std::time::Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    result
}

/// Writes the transcript of what passes on its way to the window; also of what comes after the window is closed.
fn record(events: Receiver<Event>, mut transcript: TranscriptFile, wake: Wake) -> (Receiver<Event>, JoinHandle<()>) {
    let (to_window, passed) = sync_channel(PASSED);
    let thread = std::thread::spawn(move || {
        for event in events {
            if let Event::Line(line) = &event {
                transcript.write(line);
            }
            if to_window.send(event).is_ok() {
                (wake.0)();
            }
        }
    });
    (passed, thread)
}

/// Runs the window. Whatever keeps it from opening becomes a text that says what to do: some libraries panic.
fn run_native(options: eframe::NativeOptions, create: eframe::AppCreator<'_>) -> Result<(), String> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if explain(&message(info.payload())).is_none() {
            hook(info);
        }
    }));
    match panic::catch_unwind(AssertUnwindSafe(|| eframe::run_native("longshore", options, create))) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(explain(&error.to_string()).map_or_else(|| error.to_string(), str::to_owned)),
        Err(payload) => match explain(&message(&*payload)) {
            Some(text) => Err(text.to_owned()),
            None => panic::resume_unwind(payload),
        },
    }
}

fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// What is behind an error of the libraries that make windows, as far as it is known.
fn explain(text: &str) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["xkbcommon"]) {
        Some("the library libxkbcommon-x11 is missing (Debian: apt install libxkbcommon-x11-0)")
    } else if has(&["NoGlutinConfigs", "glutin", "EGL", "GLX", "OpenGL"]) {
        Some("there is no OpenGL (Debian: apt install libegl1 libgl1-mesa-dri); the subcommands work without it")
    } else if has(&["DISPLAY", "WAYLAND", "neither WAYLAND_DISPLAY", "XOpenDisplay", "NotSupported", "os error"]) {
        Some("there is no display: neither DISPLAY nor WAYLAND_DISPLAY leads to one; the subcommands work without it")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_window_are_explained() {
        let panics = "Library libxkbcommon-x11.so could not be loaded.";
        assert!(explain(panics).unwrap().contains("libxkbcommon-x11-0"));
        assert!(explain("NoGlutinConfigs(ConfigTemplate { .. })").unwrap().contains("OpenGL"));
        assert!(
            explain("winit EventLoopError: os error at x.rs: neither WAYLAND_DISPLAY nor DISPLAY is set.")
                .unwrap()
                .contains("no display")
        );
        assert_eq!(explain("index out of bounds"), None);
    }

    #[test]
    fn a_url_s_folder_is_the_first_that_is_shown() {
        let options = Options::default();
        let folders = Folders::within(&std::env::temp_dir().join("longshore-nowhere"));
        let (site, credentials) = server(Some("ftp://me:x@h/a/b"), &options, &folders).unwrap().unwrap();
        assert_eq!((site.remote.as_deref(), credentials.unwrap().user.as_str()), (Some("a/b"), "me"));
        assert!(server(None, &options, &folders).unwrap().is_none());
        assert!(server(Some("gopher://h"), &options, &folders).is_err());
    }
}
