#include "engine/model/source_cron.h"

#include <set>
#include <utility>

#include "engine/model/source_fields.h"

namespace hpaplus {
namespace {

constexpr std::size_t kWindowsMost = 64;
constexpr std::int64_t kReplicasMost = 100'000;

Cron ReadCron(const JsonField& field) {
  const auto cron = ParseCron(field.Required());
  if (cron) return *cron;
  field.Fail("is unusable: " + cron.error().message);
  return {};
}

}  // namespace

CronSource ReadCronSource(const JsonField& cron) {
  CronSource source;
  const JsonField zone = cron.Field("timeZone");
  auto loaded = TimeZone::Load(zone.Text("UTC"));
  if (!loaded) zone.Fail("is unusable: " + loaded.error().message);
  if (loaded) source.zone = *std::move(loaded);

  std::set<std::string> names;
  const JsonField windows = cron.Field("windows");
  windows.Each([&](const JsonField& item) {
    CronSource::Window window;
    window.name = item.Field("name").Required();
    if (!names.insert(window.name).second) item.Field("name").Fail("occurs twice");
    window.start = ReadCron(item.Field("start"));
    window.end = ReadCron(item.Field("end"));
    const JsonField desired = item.Field("desiredReplicas");
    if (!desired.present()) desired.Fail("is missing");
    window.desired_replicas = desired.Integer(0, 0, kReplicasMost);
    source.windows.push_back(std::move(window));
  });
  if (source.windows.empty()) windows.Fail("is missing or empty");
  if (source.windows.size() > kWindowsMost) windows.Fail("has more than 64 items");
  return source;
}

}  // namespace hpaplus
