#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/ports/collector.h"

namespace hpaplus::test {

/// What every Collector has to do. A Rig is one collector with a fake behind it:
///
///     static constexpr std::string_view kSourceType;  // As MetricSources name it, if they do.
///     std::unique_ptr<Collector> collector;
///     static MetricQuery Query(int i);        // i in 0..3: questions that differ.
///     void AnswerAll();                       // Every such question gets a number.
///     void Fail(int i);                       // Question i alone fails from now on.
///     void AnswerBytes(std::string bytes);    // Whatever is asked gets these bytes; false when
///                                             // nothing is parsed behind this collector.
///     std::size_t asked() const;              // How often the fake was asked something.
///     std::optional<Timestamp> deadline() const;  // That the fake was told last, if it is told.
template <class Rig>
class CollectorContract : public testing::Test {
 protected:
  static constexpr int kQuestions = 4;
  const Timestamp now_{std::chrono::seconds(1'700'000'000)};
  Rig rig_;
  std::stop_source stop_;

  std::vector<ReadingResult> Collect(std::span<const MetricQuery> queries,
                                     Duration budget = std::chrono::milliseconds(500)) {
    return rig_.collector->Collect(queries, {now_, now_ + budget, stop_.get_token()});
  }

  static std::vector<MetricQuery> Questions() {
    std::vector<MetricQuery> queries;
    for (int i = 0; i < kQuestions; ++i)
      queries.push_back(Rig::Query(i));
    return queries;
  }
};

TYPED_TEST_SUITE_P(CollectorContract);

TYPED_TEST_P(CollectorContract, HasAName) {
  EXPECT_FALSE(this->rig_.collector->name().empty());
}

TYPED_TEST_P(CollectorContract, AnswersEveryQueryInOrder) {
  this->rig_.AnswerAll();
  auto queries = this->Questions();
  queries.push_back(queries.front());  // Asked twice, answered twice.
  const auto results = this->Collect(queries);
  ASSERT_EQ(results.size(), queries.size());
  for (const ReadingResult& result : results) {
    ASSERT_TRUE(result) << result.error().message;
    ASSERT_NE(*result, nullptr);
    EXPECT_EQ((*result)->received, this->now_);
  }
}

TYPED_TEST_P(CollectorContract, AsksNothingWhenNothingIsAsked) {
  this->rig_.AnswerAll();
  EXPECT_TRUE(this->Collect({}).empty());
  EXPECT_EQ(this->rig_.asked(), 0U);
}

TYPED_TEST_P(CollectorContract, KeepsToTheDeadline) {
  this->rig_.AnswerAll();
  (void)this->Collect(this->Questions());
  if (this->rig_.deadline()) {
    EXPECT_LE(*this->rig_.deadline(), this->now_ + std::chrono::milliseconds(500));
  }
}

TYPED_TEST_P(CollectorContract, DoesNotAskWhenItIsTooLate) {
  this->rig_.AnswerAll();
  for (const Duration budget : {Duration(0), Duration(-1)}) {
    const auto results = this->Collect(this->Questions(), budget);
    ASSERT_EQ(results.size(), this->Questions().size());
    for (const ReadingResult& result : results) {
      ASSERT_FALSE(result);
      EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
    }
  }
  EXPECT_EQ(this->rig_.asked(), 0U);
}

TYPED_TEST_P(CollectorContract, KeepsFailuresApart) {
  for (std::size_t failing = 0; failing < this->Questions().size(); ++failing) {
    this->rig_.AnswerAll();
    this->rig_.Fail(static_cast<int>(failing));
    const auto results = this->Collect(this->Questions());
    ASSERT_EQ(results.size(), this->Questions().size());
    for (std::size_t i = 0; i < results.size(); ++i)
      EXPECT_EQ(results[i].has_value(), i != failing) << i;
  }
}

TYPED_TEST_P(CollectorContract, StopsWhenToldTo) {
  this->rig_.AnswerAll();
  this->stop_.request_stop();
  const auto results = this->Collect(this->Questions());
  ASSERT_EQ(results.size(), this->Questions().size());
  for (const ReadingResult& result : results) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  }
  EXPECT_EQ(this->rig_.asked(), 0U);
}

TYPED_TEST_P(CollectorContract, TakesHostileBytesForAnError) {
  const std::string bytes[] = {"",
                               "{",
                               "[]",
                               "null",
                               "{}",
                               "\xff\xfe\xfd",
                               std::string(1, '\0'),
                               "<html>log in</html>",
                               std::string(1'000'000, '['),
                               std::string(1'000'000, '{'),
                               "{\"a\":" + std::string(1'000'000, '9') + "}",
                               R"({"items":7,"status":7,"data":7})"};
  for (const std::string& body : bytes) {
    if (!this->rig_.AnswerBytes(body)) return;  // Nothing is parsed here.
    const auto results = this->Collect(this->Questions());
    ASSERT_EQ(results.size(), this->Questions().size());
    for (const ReadingResult& result : results) {
      ASSERT_FALSE(result) << body.substr(0, 50);
      EXPECT_FALSE(result.error().message.empty());
      EXPECT_LT(result.error().message.size(), 1000U);
      EXPECT_EQ(result.error().message.find('\n'), std::string::npos);
    }
  }
}

TYPED_TEST_P(CollectorContract, AnswersAgainAfterAFailure) {
  this->rig_.Fail(0);
  (void)this->Collect(this->Questions());
  this->rig_.AnswerAll();
  for (const ReadingResult& result : this->Collect(this->Questions()))
    EXPECT_TRUE(result);
}

REGISTER_TYPED_TEST_SUITE_P(CollectorContract, HasAName, AnswersEveryQueryInOrder,
                            AsksNothingWhenNothingIsAsked, KeepsToTheDeadline,
                            DoesNotAskWhenItIsTooLate, KeepsFailuresApart, StopsWhenToldTo,
                            TakesHostileBytesForAnError, AnswersAgainAfterAFailure);

}  // namespace hpaplus::test
