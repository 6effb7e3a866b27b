#include "collectors/builtin.h"

#include "collectors/business_monitor.h"
#include "collectors/prometheus.h"

namespace hpaplus::collectors {

void RegisterBuiltinCollectors(CollectorRegistry& registry) {
  registry.Add("Prometheus", &PrometheusCollector::Create);
  registry.Add("HTTP", &BusinessMonitorCollector::Create);
}

}  // namespace hpaplus::collectors
