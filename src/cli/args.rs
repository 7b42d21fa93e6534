//! What can be written on the command line, as close to the command line as possible.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

const TRAFFIC_HELP: &str = "\
TRAFFIC ON ONE LINE
  [TARGET=]LAYER[+LAYER...], where TARGET is a Deployment or Service (`shop`, `service/shop`,
  `deployment/default/shop`). Without one, the only Deployment with an HPA is meant.
  A rate is RATE/s or RATE/min; CPU such as 500m or 4 stands for CPU work instead of requests.

    200/s                                    always the same (also `constant:200/s`)
    ramp:100/s..600/s@5m,over=10m            from one rate to another
    step:300/s@5m                            so much more from then on
    stages:100/s@0,600/s@5m,100/s@20m        straight lines between points; `,hold` for steps
    sine:300/s,amplitude=100/s,period=1h     a swing
    daily:50/s..400/s,peak=14:00             a day by the clock; or daily:50/s@02:00,400/s@14:00
    spike:1300/s@10m,rise=30s,hold=5m,fall=2m
    noise:5%,correlation=60s                 a random factor on all layers before it
    trace:load.csv,value=rps,unit=/min       a recording: CSV, or Prometheus' query_range answer
    scale:1.5                                a factor on all layers before it";

const EDIT_HELP: &str = "\
EDITS
  --set [KIND/[NAMESPACE/]NAME:]PATH=VALUE changes one value before anything is defaulted. Without
  an object it is the Scenario's spec that is changed.

    --set duration=2h
    --set 'traffic[0].layers[1].spike.height=2000/s'
    --set hpa/shop:spec.maxReplicas=30
    --set 'deploy/shop:spec.template.spec.containers[name=shop].resources.requests.cpu=500m'
    --set hpa/shop:spec.behavior=                       (takes the field away)";

const AT_HELP: &str = "\
EVENTS
  --at TIME COMMAND lets something happen, beside the events of the Scenario. Commands are those of
  kubectl that can be played, and some of our own. --every=3m repeats one, -n NAME is its namespace.

    --at 20m 'set image deployment/shop shop=shop:v2'
    --at 20m 'set env deployment/shop MODE=fast OLD-'
    --at 20m 'set resources deployment/shop --requests=cpu=500m --limits=memory=1Gi'
    --at 20m 'scale deployment/shop --replicas=5'
    --at 20m 'rollout restart deployment/shop'          (also undo, pause, resume)
    --at 20m 'delete pod shop --count=2'                (the oldest pods of a Deployment)
    --at 20m 'drain node-1 --timeout=5m'                (also cordon, uncordon)
    --at 20m 'taint nodes node-1 key=value:NoExecute'
    --at 20m 'apply -f v2.yaml --every=3m'
    --at 20m 'patch hpa/shop -p {spec: {maxReplicas: 30}}'
    --at 20m 'edit pdb/shop spec.maxUnavailable=1 spec.minAvailable='
    --at 20m 'set selector service/shop version=green'
    --at 20m 'fail-node node-1'                         (also recover-node, delete node)
    --at 20m 'add-nodes node-1 2'
    --at 20m 'metrics-outage 5m'
    --at 20m 'slow-image-pull 10x 30m --image=shop:v2'
    --at 20m 'traffic-scale 2 10m'";

const RUN_EXAMPLES: &str = "\
EXAMPLES
  podtide run scenarios/flash-sale/scenario.yaml
  podtide run deployment.yaml hpa.yaml --traffic 'stages:100/s@0,600/s@5m,100/s@20m'
  helm template shop | podtide run - --traffic 200/s+spike:1000/s@10m,hold=5m
  kubectl get deploy,hpa,pdb -o yaml | podtide run - --traffic trace:load.csv
  podtide run shop/ -t 300/s --at 10m 'set image deploy/shop shop=shop:v2' --at 15m 'drain node-1'
  podtide run shop/ --runs 20 --format json -o shop.json";

/// Rehearse Kubernetes autoscaling and rollouts on a laptop.
///
/// Podtide reads the manifests that you have and a load, and plays hours of cluster life in
/// milliseconds, with the decisions that Kubernetes v1.36 would take.
#[derive(Debug, Parser)]
#[command(name = "podtide", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Exit codes: 0 fine; 1 an expectation failed; 2 the input, or the world, is \
                        wrong.\nResults go to standard output, everything else to standard error."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play scenarios and tell what happened, on one screen.
    ///
    /// Each Scenario among the inputs is played with the manifests that it names and those given
    /// beside it. Without a Scenario the manifests are played with --traffic.
    Run(RunArgs),
    /// Watch what happened in the terminal: play, pause, step, seek, and ask why.
    ///
    /// Two Scenarios are played on one time axis. `?` shows the keys.
    Replay(ReplayArgs),
    /// Draw what happened, as SVG or PNG.
    Chart(ChartArgs),
    /// Find what is wrong or questionable, and play nothing.
    ///
    /// Exit code 2 if there are errors, 1 if there are warnings.
    Check(CheckArgs),
    /// Tell why: the whole chain of a decision, in plain words with its numbers.
    ///
    /// Plays the one Scenario among the inputs and explains what an HPA, a Deployment or a pod did
    /// at an instant. Without a name, whatever happened there is explained.
    Explain(ExplainArgs),
    /// Print the JSON Schema of a Scenario, for editors.
    #[command(after_long_help = "EXAMPLE\n  podtide schema > scenario.schema.json\n  \
        (in VS Code's YAML extension, begin a Scenario with\n  \
        # yaml-language-server: $schema=scenario.schema.json)")]
    Schema,
    /// Print a script that completes commands in a shell.
    #[command(after_long_help = "EXAMPLES\n  \
        podtide completions bash > ~/.local/share/bash-completion/completions/podtide\n  \
        podtide completions zsh > ~/.zfunc/_podtide\n  \
        podtide completions fish > ~/.config/fish/completions/podtide.fish")]
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write the pages of all commands.
    Man {
        /// Write a page for each command into this folder, instead of one to standard output.
        #[arg(short, long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
        output: Option<PathBuf>,
    },
}

/// Input of every command that needs scenarios.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub struct InputArgs {
    /// Scenarios and manifests: files, folders (searched for .yaml, .yml and .json), `-` for
    /// standard input.
    #[arg(value_name = "FILES", value_hint = ValueHint::AnyPath)]
    #[arg(required_unless_present = "kustomize")]
    pub files: Vec<PathBuf>,
    /// A folder that the installed kustomize, or kubectl, is to build.
    #[arg(short, long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub kustomize: Vec<PathBuf>,
    /// Traffic, in place of the Scenario's; see --help. Once for each target.
    #[arg(short, long, value_name = "TRAFFIC")]
    pub traffic: Vec<String>,
    /// Rate at which a pod uses all of its CPU request, such as `40/s`; tells `cpuPerRequest`.
    #[arg(long, value_name = "RATE")]
    pub saturate_at: Option<String>,
    /// Change one value of a Scenario or manifest; see --help.
    #[arg(short, long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Seed of everything random.
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// How long to play, such as `2h`.
    #[arg(long, value_name = "TIME")]
    pub duration: Option<String>,
    /// Namespace of objects that name none.
    #[arg(short, long, value_name = "NAME", default_value = "default")]
    pub namespace: String,
    /// Treat warnings as errors.
    #[arg(long)]
    pub strict: bool,
    /// Times and commands, one after the other, as [`EventArgs`] or `explain --event` give them.
    #[arg(skip)]
    pub events: Vec<String>,
}

impl InputArgs {
    /// The same with events.
    pub fn with(&self, events: &[String]) -> InputArgs {
        InputArgs { events: events.to_vec(), ..self.clone() }
    }
}

/// Events of every command that does not ask about an instant.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Input")]
pub struct EventArgs {
    /// Let something happen at a time, such as `--at 20m 'set image deployment/shop shop=shop:v2'`;
    /// see --help.
    #[arg(long, visible_alias = "event", num_args = 2, value_names = ["TIME", "COMMAND"])]
    #[arg(allow_hyphen_values = true)]
    pub at: Vec<String>,
}

/// Arguments of `run`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = format!(
    "{TRAFFIC_HELP}\n\n{EDIT_HELP}\n\n{AT_HELP}\n\n{RUN_EXAMPLES}"
))]
#[command(after_help = "--help says how traffic, edits and events are written, with examples.")]
pub struct RunArgs {
    /// What to play.
    #[command(flatten)]
    pub input: InputArgs,
    /// What happens.
    #[command(flatten)]
    pub events: EventArgs,
    /// What comes out.
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Output")]
    pub format: Format,
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// List everything that was assumed because nobody said it.
    #[arg(long, help_heading = "Output")]
    pub assumptions: bool,
    /// Play so often, each time with the next seed: the phases of syncs and scrapes, and noise,
    /// fall differently. Gives the spread of the numbers.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub runs: u32,
    /// Simulations that run at once; as many as there are processors if absent.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

/// What `run` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A summary on one screen.
    Text,
    /// All numbers.
    Json,
    /// Values over time.
    Csv,
}

/// Arguments of `replay`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = format!(
    "EXAMPLES\n  podtide replay scenarios/flash-sale/scenario.yaml\n  \
     podtide replay shop/ --traffic 200/s+spike:1000/s@10m,hold=5m --at 9m30s\n  \
     podtide replay scenarios/flash-sale/scenario.yaml --snapshot 10m45s --size 140x40\n\n\
     {TRAFFIC_HELP}\n\n{EDIT_HELP}"
))]
#[command(after_help = "--help says how traffic and edits are written, with examples.")]
pub struct ReplayArgs {
    /// What to play.
    #[command(flatten)]
    pub input: InputArgs,
    /// Let something happen at a time; as `--at TIME COMMAND` of `podtide run`.
    #[arg(long = "event", num_args = 2, value_names = ["TIME", "COMMAND"], help_heading = "Input")]
    #[arg(allow_hyphen_values = true)]
    pub events: Vec<String>,
    /// The instant to begin at, such as `12m30s`.
    #[arg(long, value_name = "TIME", help_heading = "Player")]
    pub at: Option<String>,
    /// Which Deployment is shown first, by name; one with an HPA if absent.
    #[arg(long, value_name = "NAME", help_heading = "Player")]
    pub workload: Option<String>,
    /// Teach: stop at the moments that the Scenario's lesson marks, ask, and tell the answer.
    #[arg(long, help_heading = "Player", conflicts_with = "snapshot")]
    pub lesson: bool,
    /// Print the screen at this instant as plain text, and play nothing.
    #[arg(long, value_name = "TIME", help_heading = "Player")]
    pub snapshot: Option<String>,
    /// Columns and rows of the snapshot.
    #[arg(long, value_name = "WxH", default_value = "140x40", help_heading = "Player")]
    pub size: String,
}

/// Arguments of `chart`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = format!(
    "EXAMPLES\n  podtide chart scenarios/flash-sale/scenario.yaml -o flash-sale.svg\n  \
     podtide chart flash-sale.yaml -o slide.png --size 1600x900 --theme dark --from 8m --to 30m\n\n\
     {TRAFFIC_HELP}\n\n{EDIT_HELP}\n\n{AT_HELP}"
))]
#[command(after_help = "--help says how traffic, edits and events are written, with examples.")]
pub struct ChartArgs {
    /// What to play.
    #[command(flatten)]
    pub input: InputArgs,
    /// What happens.
    #[command(flatten)]
    pub events: EventArgs,
    /// The picture: a name that ends in .svg or .png.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Output")]
    pub output: PathBuf,
    /// Panels from top to bottom, separated by commas; those that say something if absent.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', help_heading = "Output")]
    pub panels: Vec<String>,
    /// The first instant that is drawn, such as `8m`.
    #[arg(long, value_name = "TIME", help_heading = "Output")]
    pub from: Option<String>,
    /// The last instant that is drawn, such as `30m`.
    #[arg(long, value_name = "TIME", help_heading = "Output")]
    pub to: Option<String>,
    /// Colours.
    #[arg(long, value_enum, default_value_t = Theme::Light, help_heading = "Output")]
    pub theme: Theme,
    /// Width and height in pixels.
    #[arg(long, value_name = "WxH", default_value = "1600x900", help_heading = "Output")]
    pub size: String,
    /// Which Deployment is drawn, by name; the one that hurt most if absent.
    #[arg(long, value_name = "NAME", help_heading = "Output")]
    pub workload: Option<String>,
}

/// Colours of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Theme {
    /// Dark on white.
    Light,
    /// Light on black.
    Dark,
}

/// Arguments of `check`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = format!(
    "EXAMPLES\n  podtide check shop/\n  helm template shop | podtide check -\n  \
     podtide check scenarios/flash-sale/scenario.yaml --format json\n\n\
     {TRAFFIC_HELP}\n\n{EDIT_HELP}\n\n{AT_HELP}"
))]
#[command(after_help = "--help says how traffic, edits and events are written, with examples.")]
pub struct CheckArgs {
    /// What to look at.
    #[command(flatten)]
    pub input: InputArgs,
    /// What happens.
    #[command(flatten)]
    pub events: EventArgs,
    /// What comes out.
    #[arg(long, value_enum, default_value_t = CheckFormat::Text, help_heading = "Output")]
    pub format: CheckFormat,
}

/// What `check` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Findings with the lines that they are about.
    Text,
    /// Findings as a list.
    Json,
}

/// Arguments of `explain`.
#[derive(Clone, Debug, Args)]
#[command(after_long_help = format!(
    "EXAMPLES\n  podtide explain scenarios/flash-sale/scenario.yaml --at 10m33s\n  \
     podtide explain shop/ -t 200/s+spike:1000/s@10m,hold=5m --at 12m --hpa shop\n  \
     podtide explain flash-sale.yaml --at 21m --deployment shop --format json\n  \
     podtide explain --concept\n  podtide explain flash-sale.yaml --concept policies\n\n\
     {TRAFFIC_HELP}\n\n{EDIT_HELP}"
))]
#[command(after_help = "--help says how traffic and edits are written, with examples.")]
#[command(mut_arg("files", |files| files.required_unless_present("concept")))]
pub struct ExplainArgs {
    /// What to play.
    #[command(flatten)]
    pub input: InputArgs,
    /// Let something happen at a time; as `--at TIME COMMAND` of `podtide run`.
    #[arg(long = "event", num_args = 2, value_names = ["TIME", "COMMAND"], help_heading = "Input")]
    #[arg(allow_hyphen_values = true)]
    pub events: Vec<String>,
    /// The instant that is asked about, such as `12m30s`. Without a name, whatever happened there.
    #[arg(long, value_name = "TIME", help_heading = "Question")]
    pub at: Option<String>,
    /// Why this HPA wants the number of pods that it wants.
    #[arg(long, value_name = "NAME", help_heading = "Question", requires = "at")]
    pub hpa: Option<String>,
    /// Why this pod is pending, not ready, restarted or gone: its life so far.
    #[arg(long, value_name = "NAME", help_heading = "Question", requires = "at")]
    #[arg(conflicts_with = "hpa")]
    pub pod: Option<String>,
    /// Why the ReplicaSets of this Deployment have their sizes.
    #[arg(long, value_name = "NAME", help_heading = "Question", requires = "at")]
    #[arg(conflicts_with_all = ["hpa", "pod"])]
    pub deployment: Option<String>,
    /// A short lesson about an idea, such as `stabilization`, with your own numbers if there is an
    /// input; a list of them without a name.
    #[arg(long, value_name = "NAME", help_heading = "Question", conflicts_with = "at")]
    pub concept: Option<Option<String>>,
    /// The lesson of the Scenario: its questions with their answers.
    #[arg(long, help_heading = "Question", conflicts_with_all = ["at", "concept"])]
    pub lesson: bool,
    /// What comes out.
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text, help_heading = "Output")]
    pub format: ExplainFormat,
    /// Write to this file instead of standard output.
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(help_heading = "Output")]
    pub output: Option<PathBuf>,
}

/// What `explain` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExplainFormat {
    /// Steps as a text.
    Text,
    /// The same as data.
    Json,
}
