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

// The style and the script of a page, and the start of a policy that allows these and nothing else.
struct Dress {
  std::string style;
  std::string script;
  std::string policy;
};

Dress DressOf(std::string_view own_style, std::string_view own_script) {
  const PageFiles files = FilesOfPages();
  Dress dress;
  dress.style = fmt::format("{}\n{}{}", files.chart_style, files.style, own_style);
  dress.script = fmt::format("{}\n(() => {{\n\"use strict\";\n{}\n{}}})();\n", files.chart_script,
                             files.parts, own_script);
  dress.policy = fmt::format(
      "default-src 'none'; script-src {}; style-src {}; img-src data:; base-uri 'none'; "
      "form-action 'none'",
      HashSource(dress.script), HashSource(dress.style));
  return dress;
}

}  // namespace

std::string HtmlReport(std::string_view page) {
  const Dress dress = DressOf("", FilesOfPages().report);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>HPAPlus</title>\n<style>{}</style>\n</head>\n<body>\n<main id=\"report\">\n"
      "<noscript>This report draws itself with the script that is in it. Allow scripts, or take -o "
      "table or -o json.</noscript>\n</main>\n"
      "<script type=\"application/json\" id=\"data\">{}</script>\n<script>{}</script>\n</body>\n"
      "</html>\n",
      dress.policy, dress.style, InScript(page), dress.script);
}

LivePage StatusPage() {
  const PageFiles files = FilesOfPages();
  const Dress dress = DressOf(files.status_style, files.status);
  LivePage page;
  page.html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>HPAPlus</title>\n<style>{}</style>\n</head>\n<body>\n<main id=\"status\">\n"
      "<noscript>This page draws itself with the script that is in it. Allow scripts, or ask "
      "/v1/decisions, or hpaplus explain.</noscript>\n</main>\n<script>{}</script>\n</body>\n"
      "</html>\n",
      dress.style, dress.script);
  page.policy = dress.policy + "; connect-src 'self'; frame-ancestors 'none'";
  return page;
}

}  // namespace hpaplus::rehearse
