#include "collectors/xml_document.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/core.h>
#include <pugixml.hpp>

#include "collectors/document_number.h"
#include "collectors/http_answer.h"
#include "collectors/value_path.h"

namespace hpaplus::collectors {
namespace {

using Steps = std::span<const PathStep>;

Error NotXml(std::string_view what) {
  return {ErrorCode::kMalformedData,
          fmt::format("business monitor: the answer is not usable XML: {}", what)};
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// The next node in the order of the text, and how much deeper it lies; null at the end.
pugi::xml_node Next(pugi::xml_node node, std::size_t& depth) {
  if (node.first_child()) {
    ++depth;
    return node.first_child();
  }
  while (node && !node.next_sibling()) {
    node = node.parent();
    --depth;
  }
  return node ? node.next_sibling() : node;
}

// What the library does not look after.
Status CheckShape(const pugi::xml_document& document) {
  std::size_t roots = 0;
  for (const pugi::xml_node& node : document.children()) {
    if (node.type() == pugi::node_doctype) return NotXml("it has a DTD");
    if (node.type() == pugi::node_element) ++roots;
  }
  if (roots != 1) return NotXml(fmt::format("it has {} root elements", roots));
  std::size_t depth = 1;
  for (pugi::xml_node node = document.first_child(); node; node = Next(node, depth)) {
    if (depth > kXmlDepthMost) return NotXml(fmt::format("more than {} levels", kXmlDepthMost));
  }
  return Done{};
}

// Follows one path through a document that is well-formed as a whole.
class XmlPathReader {
 public:
  XmlPathReader(std::string_view text, const ValuePath& path, Timestamp at)
      : text_(text), path_(path), at_(at) {}

  DocumentValues Read(const pugi::xml_document& document) {
    if (Status walked = Walk(document, path_.steps); !walked) return walked.error();
    return CombineValues(path_.aggregation, std::move(values_), at_);
  }

 private:
  Status Walk(const pugi::xml_node& node, Steps steps) {
    if (steps.empty()) return TakeElement(node);
    const PathStep& step = steps.front();
    if (step.kind != PathStep::Kind::kName) {
      return NoNumberAt(text_, "an index or [*] must follow the name of an element");
    }
    if (step.name.starts_with('@')) return TakeAttribute(node, steps);
    const bool chooses =
        steps.size() > 1 && (steps[1].is_index() || steps[1].kind == PathStep::Kind::kAll);
    std::vector<pugi::xml_node> named;
    for (const pugi::xml_node& child : node.children(step.name.c_str()))
      named.push_back(child);
    if (!chooses) {
      if (named.size() == 1) return Walk(named.front(), steps.subspan(1));
      return NoNumberAt(text_, named.empty()
                                   ? fmt::format("there is no element \"{}\"", Printable(step.name))
                                   : fmt::format("element \"{}\" occurs {} times",
                                                 Printable(step.name), named.size()));
    }
    if (steps[1].kind == PathStep::Kind::kAll) {
      for (const pugi::xml_node& child : named) {
        if (Status walked = Walk(child, steps.subspan(2)); !walked) return walked;
      }
      return Done{};
    }
    for (std::size_t i = 0; i < named.size(); ++i) {
      if (std::to_string(i) == steps[1].name) return Walk(named[i], steps.subspan(2));
    }
    return NoNumberAt(text_,
                      fmt::format("of {} elements \"{}\" there is no number {}", named.size(),
                                  Printable(step.name), Printable(steps[1].name)));
  }

  Status TakeAttribute(const pugi::xml_node& node, Steps steps) {
    if (steps.size() > 1) return NoNumberAt(text_, "an attribute must be the last step");
    const std::string name = steps.front().name.substr(1);
    std::optional<std::string_view> value;
    for (const pugi::xml_attribute& attribute : node.attributes()) {
      if (attribute.name() != name) continue;
      if (value) {
        return NoNumberAt(text_, fmt::format("attribute \"{}\" occurs twice", Printable(name)));
      }
      value = attribute.value();
    }
    if (value) return Take(*value);
    return NoNumberAt(text_, fmt::format("there is no attribute \"{}\"", Printable(name)));
  }

  Status TakeElement(const pugi::xml_node& node) {
    if (path_.aggregation == Aggregation::kCount) return Take("");
    std::string text;
    for (const pugi::xml_node& child : node.children()) {
      if (child.type() == pugi::node_element) {
        return NoNumberAt(text_, "an element with elements in it");
      }
      text += child.value();
    }
    return Take(Trimmed(text));
  }

  Status Take(std::string_view text) {
    if (values_.size() == kMostValues) {
      return NoNumberAt(text_, fmt::format("more than {} values", kMostValues));
    }
    std::optional<ScalarSample> number = NumberFromText(text, at_);
    if (path_.aggregation == Aggregation::kCount) number = ScalarSample{.at = at_};
    if (!number) {
      return NoNumberAt(text_, fmt::format("the text \"{}\", which is neither a number nor a "
                                           "quantity",
                                           Printable(text)));
    }
    values_.push_back(*number);
    return Done{};
  }

  const std::string_view text_;
  const ValuePath& path_;
  const Timestamp at_;
  std::vector<ScalarSample> values_;
};

Status Parse(std::string_view body, pugi::xml_document& document) {
  // Each node begins with one of these, so that the library never makes more than so many.
  const auto nodes = std::ranges::count_if(body, [](char c) { return c == '<' || c == '='; });
  if (static_cast<std::size_t>(nodes) > kXmlNodesMost) {
    return NotXml(fmt::format("more than {} nodes", kXmlNodesMost));
  }
  if (body.find('\0') != std::string_view::npos) return NotXml("it has a null byte");
  constexpr unsigned kOptions = pugi::parse_default | pugi::parse_doctype;
  const pugi::xml_parse_result parsed =
      document.load_buffer(body.data(), body.size(), kOptions, pugi::encoding_utf8);
  if (!parsed) return NotXml(fmt::format("{} at byte {}", parsed.description(), parsed.offset));
  return CheckShape(document);
}

}  // namespace

std::vector<DocumentValues> ReadXmlValues(std::string_view body,
                                          std::span<const std::string> queries, Timestamp at) {
  pugi::xml_document document;
  const Status parsed = Parse(body, document);
  std::vector<DocumentValues> results;
  results.reserve(queries.size());
  for (const std::string& query : queries) {
    const Result<ValuePath> path = ParseValuePath(query);
    if (!path) {
      results.push_back(path.error());
    } else if (!parsed) {
      results.push_back(parsed.error());
    } else {
      results.push_back(XmlPathReader(query, *path, at).Read(document));
    }
  }
  return results;
}

}  // namespace hpaplus::collectors
