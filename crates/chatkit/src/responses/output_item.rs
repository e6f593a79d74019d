//! The items that a model writes: what is read of each kind, and the whole as it came, to be sent again.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// An item of a response's output.
#[derive(Debug, Clone)]
pub struct OutputItem {
    /// The server's id. Some servers give none, or the same to all.
    pub id: Option<String>,
    /// Its type, such as `web_search_call`.
    pub kind: String,
    /// It was cut off: `"status": "incomplete"`.
    pub is_incomplete: bool,
    /// What is read of it.
    pub body: OutputBody,
    /// The whole item as it came.
    pub json: Box<RawValue>,
}

/// What is read of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputBody {
    /// A message.
    Message {
        /// Its parts by their index.
        parts: Vec<(u64, MessagePart)>,
    },
    /// Reasoning.
    Reasoning {
        /// Its summaries.
        summaries: Vec<String>,
    },
    /// A search of the web, or a page that was read.
    WebSearch(WebSearch),
    /// A search in files.
    FileSearch {
        /// The first query.
        query: Option<String>,
        /// The names of the files that were found, each once.
        filenames: Vec<String>,
    },
    /// A call of a tool of an MCP server.
    McpCall {
        /// The tool's name.
        name: Option<String>,
    },
    /// A list of an MCP server's tools.
    McpListTools {
        /// The server's label.
        server: Option<String>,
        /// Whether the server gave none.
        has_failed: bool,
    },
    /// Code that was run.
    CodeInterpreter,
    /// An image that was made.
    ImageGeneration,
    /// A call of one of the agent's functions.
    Function(FunctionCall),
    /// Anything else.
    Other,
}

/// A search of the web, or a page that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebSearch {
    /// What was searched, on the web or in a page.
    pub query: Option<String>,
    /// All queries.
    pub queries: Vec<String>,
    /// The page that was opened, or those that were found.
    pub pages: Vec<WebPage>,
    /// A page was opened: there is no query.
    pub is_page: bool,
}

/// A page that was found or opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebPage {
    /// Its address.
    pub url: String,
    /// Its title, if the server gave one.
    pub title: Option<String>,
}

/// A function that the model calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// The id that the output must name.
    pub call_id: String,
    /// The function's name.
    pub name: String,
    /// The arguments as the model wrote them: JSON, if it made no mistake.
    pub arguments: String,
}

/// A part of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessagePart {
    /// The text, or the refusal.
    pub text: String,
    /// Its citations. Those that cannot be shown are left out.
    pub citations: Vec<Citation>,
}

/// Where a text has something from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Citation {
    /// A web page.
    Url {
        /// The page.
        page: WebPage,
        /// Where in the text.
        index: Option<u64>,
    },
    /// A file.
    File {
        /// Its name.
        filename: String,
        /// Where in the text.
        index: Option<u64>,
    },
}

/// The fields that decide whether the rest is read. A picture's data is not.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(default, borrow)]
    id: Option<&'a RawValue>,
    #[serde(default, rename = "type", borrow)]
    kind: Option<&'a RawValue>,
    #[serde(default, borrow)]
    status: Option<&'a RawValue>,
}

impl OutputItem {
    /// Reads an item. `None` if it is no object.
    #[must_use]
    pub fn read(json: &RawValue) -> Option<Self> {
        let head: Head = serde_json::from_str(json.get()).ok()?;
        let kind = string(head.kind).unwrap_or_default();
        let body = match kind.as_str() {
            "image_generation_call" => OutputBody::ImageGeneration,
            "code_interpreter_call" => OutputBody::CodeInterpreter,
            "message" | "reasoning" | "web_search_call" | "file_search_call" | "mcp_call"
            | "mcp_list_tools" | "function_call" => body(&kind, json),
            _ => OutputBody::Other,
        };
        Some(Self {
            id: string(head.id).filter(|id| !id.is_empty()),
            kind,
            is_incomplete: string(head.status).is_some_and(|status| status == "incomplete"),
            body,
            json: json.to_owned(),
        })
    }
}

/// A text, if it is one.
pub(super) fn string(json: Option<&RawValue>) -> Option<String> {
    serde_json::from_str(json?.get()).ok()
}

fn body(kind: &str, json: &RawValue) -> OutputBody {
    let item: Value = serde_json::from_str(json.get()).unwrap_or_default();
    match kind {
        "message" => OutputBody::Message {
            parts: (0_u64..)
                .zip(list(&item, "content"))
                .filter_map(|(index, part)| Some((index, MessagePart::read(part)?)))
                .collect(),
        },
        "reasoning" => OutputBody::Reasoning {
            summaries: list(&item, "summary")
                .map(|part| text(part, "text").unwrap_or_default())
                .collect(),
        },
        "web_search_call" => OutputBody::WebSearch(WebSearch::read(&item)),
        "file_search_call" => OutputBody::FileSearch {
            query: strings(&item, "queries").next(),
            filenames: filenames(&item),
        },
        "mcp_call" => OutputBody::McpCall {
            name: text(&item, "name").or_else(|| text(&item, "server_label")),
        },
        "mcp_list_tools" => OutputBody::McpListTools {
            server: text(&item, "server_label"),
            has_failed: item.get("error").is_some_and(|error| !error.is_null()),
        },
        "function_call" => {
            FunctionCall::read(&item).map_or(OutputBody::Other, OutputBody::Function)
        }
        _ => OutputBody::Other,
    }
}

impl FunctionCall {
    fn read(item: &Value) -> Option<Self> {
        Some(Self {
            call_id: text(item, "call_id").or_else(|| text(item, "id"))?,
            name: text(item, "name")?,
            arguments: text(item, "arguments").unwrap_or_default(),
        })
    }
}

impl WebSearch {
    fn read(item: &Value) -> Self {
        let action = item.get("action").unwrap_or(&Value::Null);
        let opened = text(action, "url").map(|url| WebPage { url, title: None });
        let query = text(action, "query").or_else(|| text(action, "pattern"));
        let mut queries: Vec<String> = strings(action, "queries").collect();
        if queries.is_empty() && opened.is_none() {
            queries.extend(query.clone());
        }
        let found = list(action, "sources").filter_map(WebPage::read);
        Self {
            is_page: opened.is_some() && query.is_none(),
            query: query.or_else(|| queries.first().cloned()),
            queries,
            pages: opened.into_iter().chain(found).collect(),
        }
    }
}

impl WebPage {
    fn read(source: &Value) -> Option<Self> {
        Some(Self {
            url: text(source, "url")?,
            title: text(source, "title"),
        })
    }
}

impl MessagePart {
    /// Reads a part. `None` unless it is text or a refusal.
    #[must_use]
    pub fn read(part: &Value) -> Option<Self> {
        let field = match part.get("type").and_then(Value::as_str) {
            Some("output_text" | "text") => "text",
            Some("refusal") => "refusal",
            _ => return None,
        };
        Some(Self {
            text: text(part, field).unwrap_or_default(),
            citations: list(part, "annotations")
                .filter_map(Citation::read)
                .collect(),
        })
    }

    /// Whether there is nothing to read in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

impl Citation {
    /// Reads an annotation. `None` if it cannot be shown: a file without a name, a page without an address, an unknown kind.
    #[must_use]
    pub fn read(annotation: &Value) -> Option<Self> {
        let number = |field| annotation.get(field).and_then(Value::as_u64);
        let index = match annotation.get("type").and_then(Value::as_str)? {
            "url_citation" => {
                return Some(Self::Url {
                    page: WebPage::read(annotation)?,
                    index: number("end_index"),
                });
            }
            "file_citation" => number("index"),
            "container_file_citation" => number("end_index"),
            _ => return None,
        };
        let filename = text(annotation, "filename")?;
        Some(Self::File { filename, index })
    }
}

/// A text that is not empty.
fn text(value: &Value, field: &str) -> Option<String> {
    let text = value.get(field)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    let list = value.get(field).and_then(Value::as_array);
    list.into_iter().flatten()
}

fn strings<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = String> + use<'a> {
    list(value, field).filter_map(|entry| entry.as_str().map(str::to_owned))
}

fn filenames(item: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for name in list(item, "results").filter_map(|result| text(result, "filename")) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
