#pragma once

#include <memory>
#include <string>

namespace hpaplus::test {

struct CertificateSpec {
  std::string common_name = "test";
  std::string alternative_names = "IP:127.0.0.1,DNS:localhost";  // In OpenSSL's notation.
  bool expired = false;
};

struct CertificatePair {
  std::string certificate_pem;
  std::string key_pem;
};

/// A certificate authority of its own for each test, with P-256 keys.
class TestCa {
 public:
  TestCa();
  ~TestCa();

  [[nodiscard]] const std::string& pem() const { return pem_; }
  [[nodiscard]] CertificatePair Issue(const CertificateSpec& spec) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
  std::string pem_;
};

}  // namespace hpaplus::test
