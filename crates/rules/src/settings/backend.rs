//! Who runs the chat: `BACKEND`, or the one backend that is set up.

use super::agent::AgentSettings;
use super::openai_access::OpenAiSettings;
use super::reader::Reader;
use super::shared::SharedSettings;
use super::workflows::SessionSettings;
use crate::error::Error;
use crate::secret::Secret;

/// The settings of the active backend.
#[derive(Debug, Clone)]
pub enum Backend {
    /// OpenAI, with a workflow from Agent Builder.
    Hosted(SessionSettings),
    /// This Worker, which gets its answers from a Responses API.
    Agent(ChatSettings),
    /// Another ChatKit server.
    Remote(RemoteSettings),
}

/// The name of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendKind {
    /// `hosted`.
    Hosted,
    /// `agent`.
    Agent,
    /// `remote`.
    Remote,
}

/// What the chat of this Worker needs.
#[derive(Debug, Clone)]
pub struct ChatSettings {
    /// How OpenAI is reached. An agent may have another address.
    pub openai: OpenAiSettings,
    /// What every backend has.
    pub shared: SharedSettings,
    /// `AGENT` and `AGENTS`, the default first; never empty.
    pub agents: Vec<AgentSettings>,
    /// `OPENAI_STALL_SECONDS`: the longest silence within an answer.
    pub stall_seconds: u64,
    /// `ANSWER_TIMEOUT_SECONDS`: the longest answer.
    pub answer_timeout_seconds: u64,
    /// `TOOLS_SECRET`: signs requests to the owner's servers.
    pub tools_secret: Option<Secret>,
}

impl ChatSettings {
    /// The agent with this id, or the default one. `None` for an unknown id.
    #[must_use]
    pub fn agent(&self, id: Option<&str>) -> Option<&AgentSettings> {
        match id {
            None => self.agents.first(),
            Some(id) => self.agents.iter().find(|agent| agent.id == id),
        }
    }

    /// Whether an agent's instructions name this claim of the user's token.
    #[must_use]
    pub fn names_claim(&self, claim: &str) -> bool {
        let instructions = self
            .agents
            .iter()
            .filter_map(|agent| agent.instructions.as_ref());
        instructions
            .flat_map(|instructions| instructions.claims())
            .any(|name| name == claim)
    }
}

/// What forwarding to another ChatKit server needs.
#[derive(Debug, Clone)]
pub struct RemoteSettings {
    /// What every backend has.
    pub shared: SharedSettings,
    /// `CHATKIT_SERVER_URL`.
    pub url: String,
    /// `ANSWER_TIMEOUT_SECONDS`: the longest answer.
    pub answer_timeout_seconds: u64,
    /// `TOOLS_SECRET`: signs each request.
    pub tools_secret: Secret,
}

impl Backend {
    /// Its name.
    #[must_use]
    pub fn kind(&self) -> BackendKind {
        match self {
            Self::Hosted(_) => BackendKind::Hosted,
            Self::Agent(_) => BackendKind::Agent,
            Self::Remote(_) => BackendKind::Remote,
        }
    }

    /// The settings that every backend has.
    #[must_use]
    pub fn shared(&self) -> &SharedSettings {
        match self {
            Self::Hosted(sessions) => &sessions.shared,
            Self::Agent(chat) => &chat.shared,
            Self::Remote(remote) => &remote.shared,
        }
    }
}

impl BackendKind {
    const ALL: [Self; 3] = [Self::Hosted, Self::Agent, Self::Remote];

    /// The value of `BACKEND`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Hosted => "hosted",
            Self::Agent => "agent",
            Self::Remote => "remote",
        }
    }

    /// The error of an endpoint that this backend does not have.
    #[must_use]
    pub fn error(self) -> Error {
        Error::WrongBackend {
            active: self.name(),
            instead: match self {
                Self::Hosted => "POST /api/chatkit/session",
                Self::Agent | Self::Remote => "POST /chatkit",
            },
        }
    }

    /// The setting that sets the backend up.
    fn variable(self) -> &'static str {
        match self {
            Self::Hosted => "OPENAI_CHATKIT_WORKFLOW_ID",
            Self::Agent => "AGENT",
            Self::Remote => "CHATKIT_SERVER_URL",
        }
    }

    /// Whether that setting has a text, valid or not.
    fn is_set_up<F: Fn(&str) -> Option<String>>(self, reader: &Reader<F>) -> bool {
        let is_set = |name| reader.text(name).is_some();
        is_set(self.variable()) || (self == Self::Agent && is_set("AGENTS"))
    }

    /// The active backend: the one that `BACKEND` names, or the only one that is set up.
    pub(super) fn chosen<F: Fn(&str) -> Option<String>>(reader: &Reader<F>) -> Option<Self> {
        if let Some(name) = reader.text("BACKEND") {
            return Self::named(&name);
        }
        let mut set_up = Self::ALL.into_iter().filter(|kind| kind.is_set_up(reader));
        match (set_up.next(), set_up.next()) {
            (only, None) => only,
            _ => None,
        }
    }

    fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// An error if `BACKEND` is wrong, if the active backend is not set up, or if none is.
    pub(super) fn check<F: Fn(&str) -> Option<String>>(kind: Option<Self>, reader: &mut Reader<F>) {
        let allowed = || "hosted, agent or remote".to_owned();
        reader.read("BACKEND", |text| Self::named(text).ok_or_else(allowed));
        let is_any_set_up = Self::ALL.iter().any(|kind| kind.is_set_up(reader));
        let missing = match kind {
            Some(kind) => (!kind.is_set_up(reader)).then_some(kind),
            None => (!is_any_set_up && reader.text("BACKEND").is_none()).then_some(Self::Hosted),
        };
        let Some(missing) = missing else {
            return;
        };
        let sentence = match missing {
            Self::Hosted => {
                "No workflow ID configured: set OPENAI_CHATKIT_WORKFLOW_ID to the wf_… id of your workflow, \
                 or set AGENT, and this Worker runs the chat itself."
            }
            Self::Agent => {
                "AGENT is not set, and BACKEND is agent: add the table [vars.AGENT] with a model and instructions."
            }
            Self::Remote => {
                "CHATKIT_SERVER_URL is not set, and BACKEND is remote: set it to the address of your ChatKit server."
            }
        };
        reader.error(missing.variable(), sentence);
    }

    /// An error if several backends are set up and `BACKEND` names none. A backend whose setting is wrong has its own error.
    pub(super) fn is_ambiguous<F: Fn(&str) -> Option<String>>(
        valid: [bool; 3],
        kind: Option<Self>,
        reader: &mut Reader<F>,
    ) {
        let valid = Self::ALL.into_iter().zip(valid);
        let names: Vec<&str> = valid
            .filter_map(|(kind, is_valid)| is_valid.then_some(kind.variable()))
            .collect();
        if names.len() > 1 && kind.is_none() && reader.text("BACKEND").is_none() {
            let sentence = format!(
                "BACKEND is not set, and {} are: set BACKEND to hosted, agent or remote.",
                names.join(" and ")
            );
            reader.error("BACKEND", sentence);
        }
    }
}
