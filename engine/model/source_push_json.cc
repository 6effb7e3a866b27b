#include "engine/model/source_push_json.h"

#include <cstdint>

namespace hpaplus {

void ReadPushSource(const JsonField& spec, SourceSpec& source) {
  const JsonField push = spec.Field("push");
  if (source.type != "Push") {
    if (push.present()) push.Fail("goes with type Push only");
    return;
  }
  PushSource read;
  read.forget_after = push.Field("forgetAfter")
                          .Period(std::chrono::seconds(10), std::chrono::hours(1))
                          .value_or(read.forget_after);
  read.samples_per_series = static_cast<std::size_t>(
      push.Field("samplesPerSeries")
          .Integer(static_cast<std::int64_t>(read.samples_per_series), 2, 1024));
  read.anonymous = push.Field("anonymous").Flag(false);
  const JsonField auth = spec.Field("auth");
  if (read.anonymous && auth.present()) auth.Fail("says who may push, and push.anonymous all may");
  const bool names_one = source.bearer || source.basic_username || source.header_name;
  if (!read.anonymous && !names_one) {
    auth.Fail("must say who may push, unless push.anonymous is true");
  }
  source.push = read;
}

}  // namespace hpaplus
