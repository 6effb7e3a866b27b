#include "engine/rehearse/html_report.h"

#include <array>

#include <fmt/core.h>
#include <openssl/evp.h>

#include "engine/base/base64.h"
#include "engine/base/check.h"
#include "engine/rehearse/page_files.h"

namespace hpaplus::rehearse {
namespace {

// As a Content-Security-Policy names it.
std::string HashSource(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  const int done = EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha256(), nullptr);
  HPAPLUS_CHECK(done == 1);
  std::string digest;
  digest.reserve(size);
  for (unsigned int i = 0; i < size; ++i)
    digest += static_cast<char>(bytes[i]);
  return "'sha256-" + EncodeBase64(digest) + "'";
}

// JSON without a sign that could end the element that it stands in.
std::string InScript(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string HtmlReport(std::string_view page) {
  const PageFiles files = ReportFiles();
  const std::string style = fmt::format("{}\n{}", files.chart_style, files.style);
  const std::string script = fmt::format("{}\n{}", files.chart_script, files.script);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src {}; "
      "style-src {}; img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>HPAPlus</title>\n<style>{}</style>\n</head>\n<body>\n<main id=\"report\">\n"
      "<noscript>This report draws itself with the script that is in it. Allow scripts, or take -o "
      "table or -o json.</noscript>\n</main>\n"
      "<script type=\"application/json\" id=\"data\">{}</script>\n<script>{}</script>\n</body>\n"
      "</html>\n",
      HashSource(script), HashSource(style), style, InScript(page), script);
}

}  // namespace hpaplus::rehearse
