#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/reading.h"

namespace hpaplus::collectors {

/// Which of many questions are equal. Equal ones are asked once.
template <class Question>
struct Coalesced {
  std::vector<Question> distinct;      // In order of first appearance.
  std::vector<std::size_t> answer_of;  // Question -> its index in `distinct`.
};

template <class Question>
[[nodiscard]] Coalesced<Question> Coalesce(const std::vector<Question>& questions) {
  Coalesced<Question> out;
  std::map<std::reference_wrapper<const Question>, std::size_t, std::less<Question>> seen;
  for (const Question& question : questions) {
    const auto [found, added] = seen.emplace(question, out.distinct.size());
    if (added) out.distinct.push_back(question);
    out.answer_of.push_back(found->second);
  }
  return out;
}

/// One result for each query, in order: why it makes no question, or the answer to that. `ask` is
/// given the distinct questions and returns one result for each; it is not called without any.
template <class Question, class Ask>
[[nodiscard]] std::vector<ReadingResult> AskDistinct(std::vector<Result<Question>> of_queries,
                                                     const Ask& ask) {
  std::vector<Question> questions;
  for (Result<Question>& of_query : of_queries) {
    if (of_query) questions.push_back(*std::move(of_query));
  }
  const Coalesced<Question> asked = Coalesce(questions);
  std::vector<ReadingResult> answers;
  if (!asked.distinct.empty()) answers = ask(asked.distinct);

  std::vector<ReadingResult> results;
  results.reserve(of_queries.size());
  std::size_t next = 0;
  for (const Result<Question>& of_query : of_queries) {
    results.push_back(of_query ? answers[asked.answer_of[next++]]
                               : ReadingResult(of_query.error()));
  }
  return results;
}

}  // namespace hpaplus::collectors
