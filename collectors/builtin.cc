#include "collectors/builtin.h"

#include "collectors/business_monitor.h"
#include "collectors/file_document.h"
#include "collectors/grpc_collector.h"
#include "collectors/keda_scaler.h"
#include "collectors/pod_count.h"
#include "collectors/prometheus.h"
#include "collectors/push.h"
#include "collectors/schedule.h"
#include "collectors/scrape.h"

namespace hpaplus::collectors {

void RegisterBuiltinCollectors(CollectorRegistry& registry) {
  registry.Add("Prometheus", PrometheusCollector::Factory());
  registry.Add("HTTP", &BusinessMonitorCollector::Create);
  registry.Add("Cron", &ScheduleCollector::Create);
  registry.Add("Scrape", ScrapeCollector::Factory());
  registry.Add("Workload", &PodCountCollector::Create);
  registry.Add("File", &FileDocumentCollector::Create);
  registry.Add("GRPC", GrpcCollector::Factory());
  registry.Add("KedaExternalScaler", KedaScalerCollector::Factory());
  registry.Add("Push", &PushCollector::Create);
}

}  // namespace hpaplus::collectors
