#include "collectors/builtin.h"

#include "collectors/business_monitor.h"
#include "collectors/pod_count.h"
#include "collectors/prometheus.h"
#include "collectors/schedule.h"

namespace hpaplus::collectors {

void RegisterBuiltinCollectors(CollectorRegistry& registry) {
  registry.Add("Prometheus", &PrometheusCollector::Create);
  registry.Add("HTTP", &BusinessMonitorCollector::Create);
  registry.Add("Cron", &ScheduleCollector::Create);
  registry.Add("Workload", &PodCountCollector::Create);
}

}  // namespace hpaplus::collectors
