#include "engine/record/delta.h"

#include <algorithm>
#include <utility>

namespace hpaplus::record {
namespace {

enum class Form : std::uint8_t {
  kSame,
  kWhole,
  kRuns,    // Of equal length: what is skipped and what is put in its place, again and again.
  kMiddle,  // What both begin and end with, and what is between them now.
};

constexpr std::size_t kRunCost = 2;  // Equal bytes inside a run, as long as two more numbers.

// The end of what differs from `at` on, over short stretches that do not.
std::size_t RunEnd(std::string_view a, std::string_view b, std::size_t at) {
  std::size_t end = at;
  for (std::size_t i = at; i < a.size() && i - end <= kRunCost; ++i) {
    if (a[i] != b[i]) end = i + 1;
  }
  return end;
}

std::string Runs(std::string_view next, std::string_view before) {
  Packer runs;
  for (std::size_t done = 0;;) {
    const auto differs = std::mismatch(next.begin() + static_cast<std::ptrdiff_t>(done), next.end(),
                                       before.begin() + static_cast<std::ptrdiff_t>(done));
    const auto at = static_cast<std::size_t>(differs.first - next.begin());
    if (at == next.size()) return runs.Take();
    const std::size_t end = RunEnd(next, before, at);
    runs.PutCount(at - done);
    runs.PutText(next.substr(at, end - at));
    done = end;
  }
}

std::string Middle(std::string_view next, std::string_view before) {
  const std::size_t most = std::min(next.size(), before.size());
  std::size_t head = 0;
  while (head < most && next[head] == before[head])
    ++head;
  std::size_t tail = 0;
  while (tail < most - head && next[next.size() - 1 - tail] == before[before.size() - 1 - tail])
    ++tail;
  Packer middle;
  middle.PutCount(head);
  middle.PutCount(tail);
  middle.PutText(next.substr(head, next.size() - head - tail));
  return middle.Take();
}

void TakeRuns(Unpacker& unpacker, std::string& text) {
  Unpacker runs(unpacker.TakeText());
  for (std::size_t at = 0; runs.left() > 0;) {
    const std::uint64_t skip = runs.TakeCount();
    const std::string_view run = runs.TakeText();
    if (skip > text.size() - at || run.size() > text.size() - at - skip) runs.Fail();
    if (runs.bad()) return void(unpacker.Fail());
    at += skip;
    text.replace(at, run.size(), run);
    at += run.size();
  }
}

void TakeMiddle(Unpacker& unpacker, std::string& text) {
  const std::uint64_t head = unpacker.TakeCount();
  const std::uint64_t tail = unpacker.TakeCount();
  const std::string_view middle = unpacker.TakeText();
  if (unpacker.bad() || head > text.size() || tail > text.size() - head) {
    return void(unpacker.Fail());
  }
  text.replace(head, text.size() - head - tail, middle);
}

}  // namespace

void PutDelta(Packer& packer, std::string next, std::string& before) {
  const auto put = [&packer](Form form) { packer.PutByte(static_cast<std::uint8_t>(form)); };
  if (next == before) return put(Form::kSame);
  const bool same_size = next.size() == before.size();
  std::string delta = same_size ? Runs(next, before) : Middle(next, before);
  if (delta.size() >= next.size()) {
    put(Form::kWhole);
    packer.PutText(next);
  } else if (same_size) {
    put(Form::kRuns);
    packer.PutText(delta);
  } else {
    put(Form::kMiddle);
    packer.PutBytes(delta);
  }
  before = std::move(next);
}

bool TakeDelta(Unpacker& unpacker, std::size_t most, std::string& before) {
  const std::uint8_t form = unpacker.TakeByte();
  switch (static_cast<Form>(form)) {
    case Form::kSame:
      return false;
    case Form::kWhole:
      before = unpacker.TakeText();
      break;
    case Form::kRuns:
      TakeRuns(unpacker, before);
      break;
    case Form::kMiddle:
      TakeMiddle(unpacker, before);
      break;
    default:
      unpacker.Fail();
  }
  if (before.size() > most) unpacker.Fail();
  return !unpacker.bad();
}

}  // namespace hpaplus::record
