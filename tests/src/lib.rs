//! Harness: the real binaries, in directories of their own, over real QUIC on loopback. Readiness by the daemons' own word, never by sleeping.

use serde_json::Value as Json;
use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// Where cargo put the binaries: beside the test's own.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    let beside = test.parent().and_then(Path::parent).map(|dir| dir.join(name)).unwrap_or_default();
    assert!(beside.exists(), "{} is missing: run `cargo build --workspace` first (tests/run.sh does)", beside.display());
    beside
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Exit code.
    pub code: i32,
    /// Standard output as JSON, `Null` if it is none.
    pub answer: Json,
    /// Standard error as JSON (`--json`), `Null` if it is none.
    pub error: Json,
}

impl Said {
    /// The answer of a command that must succeed.
    ///
    /// # Panics
    /// With what the command said, if it failed.
    #[must_use]
    pub fn ok(self) -> Json {
        assert!(self.code == 0, "exit {}: {}", self.code, self.error);
        self.answer
    }

    /// Code of the fault of a command that must fail.
    ///
    /// # Panics
    /// If the command succeeded.
    #[must_use]
    pub fn fault(&self) -> String {
        assert!(self.code != 0, "succeeded: {}", self.answer);
        assert!(self.error["error"]["next"].is_string(), "a fault says what to do next: {}", self.error);
        self.error["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// One side: its binary and directory.
#[derive(Debug)]
pub struct Side {
    program: PathBuf,
    dir: PathBuf,
}

impl Side {
    /// Runs a command and waits for it.
    ///
    /// # Panics
    /// If the program cannot be started.
    #[must_use]
    pub fn run(&self, args: &[&str]) -> Said {
        let output = Command::new(&self.program)
            .args(["--data", &self.dir.display().to_string(), "--json"])
            .args(args)
            .env("HUXUE_LANG", "en")
            .env("HUXUE_LOG", "error")
            .output()
            .unwrap_or_else(|e| panic!("{}: {e}", self.program.display()));
        let json = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or(Json::Null);
        Said {
            code: output.status.code().unwrap_or(-1),
            answer: json(&output.stdout),
            error: json(output.stderr.rsplit(|b| *b == b'\n').find(|line| !line.is_empty()).unwrap_or_default()),
        }
    }

    /// Runs a command as a person does, without `--json`; gives its exit code.
    ///
    /// # Panics
    /// If the program cannot be started.
    #[must_use]
    pub fn plain(&self, args: &[&str]) -> i32 {
        let mut command = Command::new(&self.program);
        command.args(["--data", &self.dir.display().to_string()]).args(args).env("HUXUE_LOG", "error");
        let output = command.output().unwrap_or_else(|e| panic!("{}: {e}", self.program.display()));
        output.status.code().unwrap_or(-1)
    }

    /// Another side in a directory beside this one's.
    #[must_use]
    pub fn beside(&self, program: &str, name: &str) -> Self {
        Self { program: binary(program), dir: self.dir.with_file_name(name) }
    }

    /// Runs a command as a person does: in a language, without `--json`. Gives exit code, standard output and standard error.
    ///
    /// # Panics
    /// If the program cannot be started.
    #[must_use]
    pub fn read(&self, lang: &str, args: &[&str]) -> (i32, String, String) {
        let output = Command::new(&self.program)
            .args(["--data", &self.dir.display().to_string(), "--lang", lang])
            .args(args)
            .env("HUXUE_LOG", "error")
            .output()
            .unwrap_or_else(|e| panic!("{}: {e}", self.program.display()));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }

    /// The same program with another directory.
    #[must_use]
    pub fn at(&self, dir: impl Into<PathBuf>) -> Self {
        Self { program: self.program.clone(), dir: dir.into() }
    }

    /// Where the program is.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Starts its daemon; gives it back once it says that it is ready.
    ///
    /// # Panics
    /// If it ends before that.
    #[must_use]
    pub fn serve(&self, args: &[&str]) -> Daemon {
        let mut child = Command::new(&self.program)
            .args(["--data", &self.dir.display().to_string(), "serve", "--listen-http", "127.0.0.1:0"])
            .args(args)
            .env("HUXUE_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}", self.program.display()));
        let mut line = String::new();
        let stdout = child.stdout.take().map(BufReader::new);
        let read = stdout.map_or(Ok(0), |mut out| out.read_line(&mut line));
        let ready: Json = serde_json::from_str(&line).unwrap_or(Json::Null);
        assert!(read.is_ok() && ready["ready"] == true, "not ready: {line}");
        Daemon { child, ready }
    }

    /// Its directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// A running daemon; stopped when dropped.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    /// What it said when it was ready.
    pub ready: Json,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Ok(Some(status)) = self.child.try_wait() {
            #[expect(clippy::print_stderr, reason = "a test that failed for want of its daemon should say so")]
            {
                eprintln!("the daemon had ended by itself: {status}");
            }
        }
        // SIGKILL: what was acknowledged must survive it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A county in a temporary directory, with schools 5299010001 and 5299010002.
#[derive(Debug)]
pub struct County {
    root: tempfile::TempDir,
    /// The hub.
    pub hub: Side,
    /// Its daemon.
    pub daemon: Daemon,
}

impl County {
    /// Initialised, schools known, daemon running.
    ///
    /// # Panics
    /// If anything of that fails.
    #[must_use]
    pub fn new() -> Self {
        Self::of("529901", &[])
    }

    /// A county of another code, or made otherwise (`--plain-database`); its schools begin with its code.
    ///
    /// # Panics
    /// If anything of that fails.
    #[must_use]
    pub fn of(code: &str, init: &[&str]) -> Self {
        let root = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let hub = Side { program: binary("huxue-hub"), dir: root.path().join("hub") };
        let mut args = vec!["init", "--county", code, "--name", "某某县"];
        args.extend(init);
        let _ = hub.run(&args).ok();
        for (number, name) in [("0001", "一小"), ("0002", "二小")] {
            let _ = hub.run(&["school", "add", "--code", &format!("{code}{number}"), "--name", name, "--stage", "primary"]).ok();
        }
        let daemon = hub.serve(&["--listen-quic", "127.0.0.1:0"]);
        Self { root, hub, daemon }
    }

    /// Its directory, the hub and the daemon, for a test that kills and restarts it. The directory goes with the first.
    #[must_use]
    pub fn into_parts(self) -> (tempfile::TempDir, Side, Daemon) {
        (self.root, self.hub, self.daemon)
    }

    /// Address for nodes.
    #[must_use]
    pub fn quic(&self) -> String {
        self.daemon.ready["quic"].as_str().unwrap_or_default().to_owned()
    }

    /// A token for a school.
    #[must_use]
    pub fn token(&self, school: &str) -> String {
        self.hub.run(&["enrol", "issue", "--school", school]).ok()["token"].as_str().unwrap_or_default().to_owned()
    }

    /// A node that is not enrolled yet.
    #[must_use]
    pub fn bare(&self, name: &str) -> Side {
        Side { program: binary("huxue-node"), dir: self.root.path().join(name) }
    }

    /// Synchronises each side in turn, and waits each time until the hub has merged what it acknowledged and passed on what it must.
    ///
    /// # Panics
    /// If a side cannot synchronise, or the hub does not come to rest.
    pub fn sync(&self, sides: &[&Side]) {
        for side in sides {
            let _ = side.run(&["sync", "now"]).ok();
            let at_rest = (0..500).any(|_| self.hub.run(&["status"]).ok()["merging"] == false);
            assert!(at_rest, "the hub goes on merging");
            assert_eq!(
                (&self.hub.run(&["status"]).ok()["refused"], &side.run(&["status"]).ok()["refused"]),
                (&0.into(), &0.into()),
                "nothing is refused"
            );
        }
    }

    /// An enrolled node.
    #[must_use]
    pub fn node(&self, name: &str, school: &str) -> Side {
        let node = self.bare(name);
        let _ = node.run(&["enrol", "--hub", &self.quic(), "--token", &self.token(school)]).ok();
        node
    }
}

impl Default for County {
    fn default() -> Self {
        Self::new()
    }
}

/// A file of the samples.
#[must_use]
pub fn sample(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name).display().to_string()
}

/// Adds a child and gives its document id.
pub fn child(node: &Side, name: &str, number: &str, grade: &str) -> String {
    let birth = format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14]);
    let set = [
        format!("name={name}"),
        "id_type=resident".into(),
        format!("id_no={number}"),
        format!("sex={}", if number.as_bytes()[16] % 2 == 1 { "male" } else { "female" }),
        format!("birth={birth}"),
        format!("grade={grade}"),
        "class=1".into(),
        "stage=primary".into(),
        "boarding=day".into(),
        "left_behind=no".into(),
        "registered_household=registered".into(),
        "village=石桥村".into(),
    ];
    let mut args = vec!["record", "add", "enrolment"];
    for item in &set {
        args.extend(["--set", item.as_str()]);
    }
    node.run(&args).ok()["record"].as_str().unwrap_or_default().to_owned()
}
