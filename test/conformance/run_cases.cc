// run_cases CASES: runs recorded HPA cases and writes one line of results for each.

#include <iostream>

#include "policies/builtin.h"
#include "test/support/hpa_case.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: run_cases CASES.jsonl\n";
    return 2;
  }
  for (const nlohmann::json& item : hpaplus::testing::LoadHpaCases(argv[1])) {
    const nlohmann::json steps =
        hpaplus::testing::RunHpaCase(item, &hpaplus::policies::MakeBuiltinPolicies);
    std::cout << nlohmann::json{{"name", item["name"]}, {"steps", steps}}.dump() << "\n";
  }
  return 0;
}
