//! What can be typed after `longshore`, read by clap.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use super::options::{Options, permissions};

const AFTER_HELP: &str = "\
URLs:
  ftp://[user[:password]@]host[:port]/path    TLS where the server offers it
  ftpes://...                                 TLS with AUTH TLS, or no log-in
  ftps://...                                  TLS from the first byte (port 990)
  The path is relative to the log-in folder; %2F at its start means the root: ftp://host/%2Fetc.
  With --site NAME, paths take the place of URLs, as typed; one that starts with / is seen from the root.

Passwords come from the URL, --password-stdin, the variable LONGSHORE_PASSWORD, the system's vault, or a question at the
terminal, in this order. The password of a proxy comes from LONGSHORE_PROXY_PASSWORD, the vault, or a question.

Exit status:
  0  all done
  1  something was not transferred, or the server refused
  2  wrong usage
  3  no connection, or TLS or the log-in failed
  130  interrupted; `longshore queue run` carries on";

/// A desktop FTP client that shows and explains every reply of the server.
///
/// Without a subcommand the window opens; with one, the same work is done without it.
#[derive(Debug, Parser)]
#[command(name = "longshore", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Arguments {
    /// The server to connect to when the window opens.
    #[arg(value_name = "URL")]
    pub url: Option<String>,
    /// What to do without a window.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What holds for all.
    #[command(flatten)]
    pub options: Options,
    /// Open the window connected to a practice server of its own.
    #[cfg(feature = "practice")]
    #[arg(long)]
    pub practice: bool,
    /// With --practice: no window; print the server's URL and serve until interrupted.
    #[cfg(feature = "practice")]
    #[arg(long, requires = "practice")]
    pub serve_only: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List a remote folder, or one file.
    Ls {
        /// The folder; with --site a path, or nothing for the site's own folder.
        #[arg(value_name = "URL")]
        target: Option<String>,
        /// One aligned line for each entry: permissions, owner, group, size, time, name.
        #[arg(short, long)]
        long: bool,
    },
    /// Download files, and folders with all that is in them.
    Get {
        /// What to download.
        #[arg(value_name = "URL", required = true)]
        targets: Vec<String>,
        /// The local folder to put it in; made if it is missing.
        #[arg(short, long, value_name = "DIR", default_value = ".")]
        output: PathBuf,
    },
    /// Upload files, and folders with all that is in them.
    ///
    /// The last argument is the remote folder to put them in; it is made if it is missing.
    #[command(override_usage = "longshore put [OPTIONS] PATH... URL")]
    Put {
        /// What to upload, then the remote folder to put it in.
        // One list: with two positionals clap takes the word before an option for the last one.
        #[arg(value_name = "PATH URL", required = true)]
        words: Vec<OsString>,
    },
    /// Delete remote files.
    Rm {
        /// What to delete.
        #[arg(value_name = "URL", required = true)]
        targets: Vec<String>,
        /// Also folders, with all that is in them.
        #[arg(short, long)]
        recursive: bool,
    },
    /// Make remote folders.
    Mkdir {
        /// The folders to make.
        #[arg(value_name = "URL", required = true)]
        targets: Vec<String>,
        /// Make missing parents too; a folder that is there already is no failure.
        #[arg(short, long)]
        parents: bool,
    },
    /// Rename or move a remote file or folder.
    Mv {
        /// What to rename.
        #[arg(value_name = "URL")]
        from: String,
        /// Its new path on the same server: relative to the log-in folder, or from the root if it starts with `/`;
        /// or a URL. One that ends with `/` is the folder to move it into.
        #[arg(value_name = "NEWPATH")]
        to: String,
    },
    /// Change the permissions of remote files and folders (SITE CHMOD).
    Chmod {
        /// Octal digits: 644, 0755.
        // `mode` by itself is the id of `--mode`.
        #[arg(id = "permissions", value_name = "MODE", value_parser = permissions)]
        mode: u16,
        /// What to change.
        #[arg(value_name = "URL", required = true)]
        targets: Vec<String>,
        /// And all that lies below.
        #[arg(short = 'R', long)]
        recursive: bool,
    },
    /// Send commands as typed and print the replies.
    #[command(override_usage = "longshore raw [OPTIONS] URL COMMAND...")]
    Raw {
        /// The server (left out with --site), then the commands, each as one argument.
        #[arg(value_name = "URL COMMAND", required = true)]
        words: Vec<String>,
    },
    /// Say what a reply code means, or what went wrong in a log: one that --transcript has written, or one of FileZilla,
    /// WinSCP, lftp (debug), curl -v or ftp -d.
    Explain {
        /// Three digits, or the log's file.
        #[arg(value_name = "CODE|FILE")]
        subject: String,
    },
    /// Open a log in the window: one that --transcript has written, or one that `explain` reads. With --export, print it
    /// in another form instead.
    Log {
        /// The log.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print it in this form, without a window.
        #[arg(long, value_name = "FORM")]
        export: Option<Export>,
        /// Print it beside this other log, exchange by exchange, without a window; the first difference is marked.
        #[arg(long, value_name = "FILE", conflicts_with = "export")]
        compare: Option<PathBuf>,
        /// Print the lines that pass this filter only, as in the window: 'code:5xx', 'file:*.zip -is:slow'...
        #[arg(long, value_name = "FILTER", requires = "export")]
        filter: Option<String>,
        /// Hide the names of these, separated by commas.
        #[arg(long, value_name = "WHAT", value_delimiter = ',', requires = "export")]
        mask: Vec<MaskOf>,
    },
    /// List the sites that --site can name.
    Sites {
        /// Their addresses too.
        #[arg(short, long)]
        long: bool,
    },
    /// Show what is left of an interrupted run, or carry on with it.
    Queue {
        /// What to do with it; nothing: show it.
        #[command(subcommand)]
        action: Option<QueueAction>,
    },
}

/// `--export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Export {
    /// A line of text for each.
    Text,
    /// JSON lines, as --transcript writes them.
    Json,
    /// A page that needs nothing else, with explanations.
    Html,
    /// A table.
    Markdown,
}

/// `--mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MaskOf {
    /// Names and addresses of hosts.
    Host,
    /// Names of users.
    User,
    /// Names of files and folders.
    Path,
}

/// What can be done with the rows that an interrupted run left.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum QueueAction {
    /// Transfer what is left; parts that are there are added to.
    Run,
    /// Forget what is left. Parts stay where they are.
    Clear,
    /// Add the transfers of a file: one that `export` wrote, or FileZilla.
    ///
    /// They wait for `queue run`, or for the window. Filters that FileZilla wrote into the file are added too.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Write what is left into a file: as JSON, or for FileZilla where its name ends with `.xml`.
    Export {
        /// The file; one that is there is replaced.
        file: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::super::{DataMode, Tls};
    use super::*;

    fn read(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(std::iter::once("longshore").chain(line.split_whitespace()))
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_go_before_and_after_the_subcommand() {
        for line in ["--json -j 8 ls ftp://h -l --tls never", "ls -l ftp://h --tls never --json -j8"] {
            let arguments = read(line).unwrap();
            let options = &arguments.options;
            assert_eq!((options.json, options.connections, options.tls), (true, Some(8), Some(Tls::Never)), "{line}");
            assert!(
                matches!(&arguments.command, Some(Command::Ls { target: Some(url), long: true }) if url == "ftp://h")
            );
        }
    }

    #[test]
    fn a_url_without_subcommand_opens_the_window() {
        let arguments = read("ftp://h/x --tls explicit").unwrap();
        assert!(arguments.command.is_none());
        assert_eq!(arguments.url.as_deref(), Some("ftp://h/x"));
        assert_eq!(read("--site Home").unwrap().options.site.as_deref(), Some("Home"));
    }

    #[test]
    fn put_and_raw_take_several_words() {
        let put = read("put a b --if-exists resume ftp://h/up").unwrap().command;
        let Some(Command::Put { words }) = put else { panic!("no put") };
        assert_eq!(words, ["a", "b", "ftp://h/up"]);
        let Some(Command::Raw { words }) = read("raw ftp://h NOOP SYST").unwrap().command else { panic!("no raw") };
        assert_eq!(words, ["ftp://h", "NOOP", "SYST"]);
    }

    #[test]
    fn arguments_and_options_of_the_same_name_are_two() {
        let arguments = read("chmod 600 ftp://h/a --mode active").unwrap();
        assert_eq!(arguments.options.mode, Some(DataMode::Active));
        assert!(matches!(arguments.command, Some(Command::Chmod { mode: 0o600, recursive: false, .. })));
    }

    #[test]
    fn queue_takes_options_behind_its_action() {
        let arguments = read("queue run --json --password-stdin").unwrap();
        assert!(matches!(arguments.command, Some(Command::Queue { action: Some(QueueAction::Run) })));
        assert!(arguments.options.json && arguments.options.password_stdin);
        assert!(matches!(read("queue --json").unwrap().command, Some(Command::Queue { action: None })));
    }

    #[test]
    fn a_log_is_opened_or_exported() {
        let Some(Command::Log { export, mask, .. }) = read("log a.txt").unwrap().command else { panic!("no log") };
        assert_eq!((export, mask), (None, vec![]));
        let line = "log a.txt --export html --mask host,path --filter code:5xx";
        let Some(Command::Log { export, mask, filter, .. }) = read(line).unwrap().command else { panic!("no log") };
        assert_eq!((export, mask), (Some(Export::Html), vec![MaskOf::Host, MaskOf::Path]));
        assert_eq!(filter.as_deref(), Some("code:5xx"));
    }

    #[test]
    fn wrong_usage_is_exit_status_2() {
        for line in [
            "ls ftp://h --tls maybe",
            "ls ftp://h --trust 12",
            "get",
            "put",
            "rm",
            "mv ftp://h/a",
            "chmod 9 ftp://h/a",
            "chmod 77777 ftp://h/a",
            "chmod u+x ftp://h/a",
            "ls ftp://h -j 0",
            "ls ftp://h --limit-down fast",
            "ls ftp://h --limit-up k",
            "ls ftp://h --encoding klingon",
            "ls ftp://h --ascii --binary",
            "ls ftp://h -q -v",
            "ls ftp://h --password secret",
            "ls ftp://h --insecure",
            "queue walk",
            "log",
            "log a.txt --export pdf",
            "log a.txt --mask host",
        ] {
            assert_eq!(read(line).unwrap_err().exit_code(), 2, "{line}");
        }
        for line in ["--help", "ls --help", "--version"] {
            assert_eq!(read(line).unwrap_err().exit_code(), 0, "{line}");
        }
    }
}
