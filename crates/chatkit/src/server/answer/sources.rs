//! What the page is shown of citations and of the tools that the model used.

use crate::protocol::{Annotation, Source, StatusIndicator, Task, TaskKind};
use crate::responses::output_item::{Citation, OutputBody, WebPage, WebSearch};

/// A citation as an annotation.
pub(super) fn annotation(citation: &Citation) -> Annotation {
    match citation {
        Citation::Url { page, index } => Annotation {
            source: page_source(page),
            index: *index,
        },
        Citation::File { filename, index } => Annotation {
            source: Source::file(filename.as_str()),
            index: *index,
        },
    }
}

/// The task of a tool that is at work. `None` for what is not shown: functions, unknown tools, and the list of an MCP server's
/// tools. Listing takes part in every answer with such a server and says nothing to a visitor, so it is shown only if it fails.
pub(super) fn loading_task(body: &OutputBody) -> Option<Task> {
    task(body, StatusIndicator::Loading)
}

/// The task of a tool that has finished.
pub(super) fn complete_task(body: &OutputBody) -> Option<Task> {
    if let OutputBody::McpListTools {
        server,
        has_failed: true,
    } = body
    {
        return Some(Task {
            status_indicator: StatusIndicator::None,
            kind: custom(
                server.clone(),
                None,
                Some("These tools are not available now."),
            ),
        });
    }
    task(body, StatusIndicator::Complete)
}

fn task(body: &OutputBody, status_indicator: StatusIndicator) -> Option<Task> {
    let kind = match body {
        OutputBody::WebSearch(search) => web_search(search),
        OutputBody::FileSearch { query, filenames } => TaskKind::File {
            title: query.clone(),
            sources: filenames
                .iter()
                .map(|name| Source::file(name.as_str()))
                .collect(),
        },
        OutputBody::McpCall { name } => custom(name.clone(), None, None),
        OutputBody::CodeInterpreter => custom(
            Some("Code interpreter".to_owned()),
            Some("square-code"),
            None,
        ),
        OutputBody::ImageGeneration => TaskKind::Image { title: None },
        OutputBody::Message { .. }
        | OutputBody::Reasoning { .. }
        | OutputBody::McpListTools { .. }
        | OutputBody::Function(_)
        | OutputBody::Other => return None,
    };
    Some(Task {
        status_indicator,
        kind,
    })
}

/// A search has its query as the title, a page that was opened its host.
fn web_search(search: &WebSearch) -> TaskKind {
    let opened = search.pages.first().filter(|_| search.is_page);
    TaskKind::WebSearch {
        title: opened.map(|page| host(&page.url).to_owned()),
        title_query: search.query.clone(),
        queries: search.queries.clone(),
        sources: search.pages.iter().map(page_source).collect(),
    }
}

fn custom(title: Option<String>, icon: Option<&str>, content: Option<&str>) -> TaskKind {
    TaskKind::Custom {
        title,
        icon: icon.map(str::to_owned),
        content: content.map(str::to_owned),
    }
}

/// A page without a title has its address as one.
fn page_source(page: &WebPage) -> Source {
    let title = page.title.as_ref().unwrap_or(&page.url);
    Source::url(title.as_str(), page.url.as_str())
}

fn host(url: &str) -> &str {
    let address = url.split_once("://").map_or(url, |(_, address)| address);
    address.split(['/', '?', '#']).next().unwrap_or(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_what_stands_before_the_path() {
        for url in [
            "https://e.com/a?b",
            "https://e.com?b",
            "e.com#c",
            "https://e.com",
        ] {
            assert_eq!(host(url), "e.com");
        }
    }
}
