#pragma once

#include <string>
#include <string_view>

namespace hpaplus::rehearse {

/// A report as one HTML file that needs nothing else: its style, its script and the data are in it,
/// and a Content-Security-Policy that allows these by their SHA-256 and nothing from anywhere.
/// `page` is a JSON object with the parts that page/report.js knows, each of which may be absent:
///
///     title, verdict {text, tone: "good" | "bad"}, facts {name: value},
///     figures [{title, caption, first, columns [{label, digits, marked}], rows [{name, values}]}],
///     scatter {title, x, y, size, points [{name, x, y, size, mark, detail}]},
///     runs {title, hint, start, step, needed [], policies [{name, ready [], missing []}]},
///     heat {days [], policies [{name, minutes [[24 numbers]]}]},
///     sensitivity [{setting, chosen, lower | higher {value, cost, under}}],
///     log [{t, policy, from, to, stage, reason, why}], who, patch, command
///
/// `first`, `hint`, `needed`, `missing` and `why` may be absent; `who` is what the log calls whose
/// size it is, instead of "policy". No text in it can become markup or script.
[[nodiscard]] std::string HtmlReport(std::string_view page);

/// A page that asks its own server, and nobody else, for what it shows: docs/status-page.md.
struct LivePage {
  std::string html;
  std::string policy;  // The Content-Security-Policy to send with it.
};
[[nodiscard]] LivePage StatusPage();

}  // namespace hpaplus::rehearse
