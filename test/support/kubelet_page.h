#pragma once

#include <string>

#include <fmt/core.h>

#include "engine/base/time.h"

namespace hpaplus::test {

/// Pages in the shape of a kubelet's, of one container per pod, and of a node that has some of its
/// own. Times are in milliseconds, as kubelets write them.
class KubeletPageText {
 public:
  KubeletPageText& Cpu(const std::string& ns, const std::string& pod, double seconds, Timestamp at,
                       const std::string& container = "app") {
    lines_ += fmt::format(
        "container_cpu_usage_seconds_total{{container=\"{}\",namespace=\"{}\",pod=\"{}\"}} {} {}\n",
        container, ns, pod, seconds, Millis(at));
    return *this;
  }
  KubeletPageText& Memory(const std::string& ns, const std::string& pod, double bytes, Timestamp at,
                          const std::string& container = "app") {
    lines_ += fmt::format(
        "container_memory_working_set_bytes{{container=\"{}\",namespace=\"{}\",pod=\"{}\"}} {} "
        "{}\n",
        container, ns, pod, bytes, Millis(at));
    return *this;
  }
  KubeletPageText& Started(const std::string& ns, const std::string& pod, Timestamp at,
                           const std::string& container = "app") {
    lines_ += fmt::format(
        "container_start_time_seconds{{container=\"{}\",namespace=\"{}\",pod=\"{}\"}} {}\n",
        container, ns, pod, static_cast<double>(Millis(at)) / 1000);
    return *this;
  }
  /// `way`: "receive", "transmit".
  KubeletPageText& Traffic(const std::string& way, const std::string& pod,
                           const std::string& interface, double bytes, Timestamp at,
                           const std::string& sandbox = "4f1c", const std::string& ns = "shop") {
    lines_ += fmt::format(
        "container_network_{}_bytes_total{{container=\"\",id=\"/kubepods/{}/{}\",image=\"pause:3\","
        "interface=\"{}\",name=\"{}\",namespace=\"{}\",pod=\"{}\"}} {} {}\n",
        way, pod, sandbox, interface, sandbox, ns, pod, bytes, Millis(at));
    return *this;
  }
  KubeletPageText& Line(const std::string& line) {
    lines_ += line + "\n";
    return *this;
  }

  [[nodiscard]] std::string Resource() const {
    return "# HELP container_cpu_usage_seconds_total [STABLE] Cumulative cpu time\n"
           "# TYPE container_cpu_usage_seconds_total counter\n" +
           lines_ +
           "# TYPE node_cpu_usage_seconds_total counter\n"
           "node_cpu_usage_seconds_total 5000.5 1700000000000\n"
           "pod_cpu_usage_seconds_total{namespace=\"shop\",pod=\"web-1\"} 99 1700000000000\n"
           "resource_scrape_error 0\n"
           "scrape_error 0\n";
  }
  [[nodiscard]] std::string Cadvisor() const {
    return "cadvisor_version_info{kernelVersion=\"6.1.0\",osVersion=\"Debian 12\"} 1\n"
           "container_network_receive_bytes_total{container=\"\",id=\"/\",image=\"\","
           "interface=\"eth0\",name=\"\",namespace=\"\",pod=\"\"} 7e9 1700000000000\n" +
           lines_ + "container_scrape_error 0\n";
  }

 private:
  static std::int64_t Millis(Timestamp at) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
  }

  std::string lines_;
};

}  // namespace hpaplus::test
