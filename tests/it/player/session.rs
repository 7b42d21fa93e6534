//! A real session, in a terminal of tmux: keys in, screens out.

use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A tmux server of its own, with one session; gone when it is dropped.
struct Tmux {
    socket: String,
}

impl Tmux {
    /// Starts the player on a bundled scenario; none where tmux is missing.
    #[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
    fn start(size: (u16, u16)) -> Option<Tmux> {
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("skipped: tmux is not installed");
            return None;
        }
        let tmux = Tmux { socket: format!("podtide-test-{}-{}", std::process::id(), size.0) };
        let program = env!("CARGO_BIN_EXE_podtide");
        let command =
            format!("{program} replay scenarios/flash-sale/scenario.yaml; echo left with $?; cat");
        let (width, height) = (size.0.to_string(), size.1.to_string());
        let started = tmux.run(&["new-session", "-d", "-x", &width, "-y", &height, &command]);
        assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
        Some(tmux)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.args(["-L", &self.socket, "-f", "/dev/null"]).args(arguments);
        command.output().expect("tmux can be run")
    }

    fn press(&self, keys: &[&str]) {
        let mut arguments = vec!["send-keys"];
        arguments.extend(keys);
        self.run(&arguments);
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// Waits until the screen has a text.
    fn expect(&self, text: &str) -> String {
        self.wait(text, true)
    }

    /// Waits until the screen has a text no more. An escape and the key after it would be one key.
    fn expect_without(&self, text: &str) {
        self.wait(text, false);
    }

    fn wait(&self, text: &str, wanted: bool) -> String {
        let begin = Instant::now();
        loop {
            let screen = self.screen();
            if screen.contains(text) == wanted {
                return screen;
            }
            let late = begin.elapsed() > Duration::from_secs(20);
            assert!(!late, "`{text}` should be there: {wanted}\n{screen}");
            sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
fn a_session_in_a_terminal() {
    let Some(tmux) = Tmux::start((140, 40)) else { return };
    tmux.expect("0 / 1h");
    tmux.press(&["g"]);
    tmux.expect("go to:");
    tmux.press(&["1", "0", "m", "4", "5", "s", "Enter"]);
    let screen = tmux.expect("10m45s / 1h");
    assert!(screen.contains("hpa/shop") && screen.contains("pool-a-1"), "{screen}");
    tmux.press(&["?"]);
    tmux.expect("play, pause");
    tmux.press(&["Escape"]);
    tmux.expect_without("play, pause");
    tmux.press(&["Right"]);
    tmux.expect("10m46s / 1h");
    tmux.press(&["Space"]);
    tmux.expect("▶ 60x");
    tmux.expect_without("10m46s");
    tmux.press(&["Space"]);
    tmux.expect("❚❚ 60x");
    tmux.press(&["w"]);
    tmux.expect("maxReplicas");
    tmux.press(&["Down", "BSpace", "BSpace", "8", "Enter"]);
    tmux.expect("they part at");
    tmux.press(&["u"]);
    tmux.expect("rollout and budgets");
    tmux.run(&["resize-window", "-x", "80", "-y", "24"]);
    tmux.expect("(h: more)");
    tmux.press(&["C-c"]);
    let screen = tmux.expect("left with 0");
    assert!(!screen.contains("requests/s"), "the screen is as it was before:\n{screen}");
}

#[test]
fn a_signal_that_ends_it_leaves_the_terminal_as_it_was() {
    let Some(tmux) = Tmux::start((100, 30)) else { return };
    tmux.expect("0 / 1h");
    let shell = tmux.run(&["display-message", "-p", "#{pane_pid}"]).stdout;
    let shell = String::from_utf8_lossy(&shell).trim().to_owned();
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children"));
    // Only Linux tells so.
    let Ok(children) = children else { return };
    let kill = Command::new("kill").arg("-TERM").args(children.split_whitespace()).status();
    assert!(kill.is_ok_and(|status| status.success()));
    tmux.expect("left with 143");
    let state =
        tmux.run(&["display-message", "-p", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}"]);
    assert_eq!(String::from_utf8_lossy(&state.stdout).trim(), "0 0 1");
}
