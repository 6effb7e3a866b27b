// Calls over TLS: whom to trust, and with which connection.

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/contract/http_client_contract.h"
#include "test/support/test_ca.h"

namespace hpaplus {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::HttpClientContract;
using test::kSecret;
using test::ScriptedAnswer;
using test::ScriptedRequest;
using test::ScriptedServer;
using test::ScriptedWriter;
using test::Streamed;
using test::Text;
using testing::HasSubstr;
using testing::Not;

class HttpClientTlsContract : public HttpClientContract {
 protected:
  Server ServeTls(const test::CertificateSpec& spec, const std::string& client_ca = "") {
    const test::CertificatePair pair = ca_.Issue(spec);
    return Serve([](const ScriptedRequest&) { return Text("fine"); },
                 test::ScriptedTls{pair.certificate_pem, pair.key_pem, client_ca});
  }
  Result<HttpResponse> AskAs(const ScriptedServer& server, const HttpAuth& auth) {
    HttpRequest request;
    request.url = server.url() + "/?token=" + std::string(kSecret);
    request.auth = std::make_shared<HttpAuth>(auth);
    return Ask(request);
  }
  HttpAuth Trusting() const {
    HttpAuth auth;
    auth.ca_pem = ca_.pem();
    auth.bearer_token = kSecret;
    return auth;
  }
  void ExpectRefused(const Result<HttpResponse>& response, const std::string& why) {
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::kPermissionDenied) << response.error().message;
    EXPECT_THAT(response.error().message, HasSubstr(why));
    EXPECT_THAT(response.error().message, Not(HasSubstr(std::string(kSecret))));
  }

  test::TestCa ca_;
};

TEST_F(HttpClientTlsContract, SpeaksToAServerOfTheNamedCa) {
  const auto server = ServeTls({});
  const auto response = AskAs(*server, Trusting());
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "fine");
}

TEST_F(HttpClientTlsContract, N5AnUnknownCaIsRefused) {
  const auto server = ServeTls({});
  HttpAuth auth = Trusting();
  auth.ca_pem = test::TestCa().pem();
  ExpectRefused(AskAs(*server, auth), "TLS");
  auth.ca_pem.clear();
  ExpectRefused(AskAs(*server, auth), "TLS");
  auth.ca_pem = "not a certificate";
  ExpectRefused(AskAs(*server, auth), "CA");
}

TEST_F(HttpClientTlsContract, N5ATrustedConnectionIsNotReusedByWhoDoesNotTrustIt) {
  const auto server = ServeTls({});
  ASSERT_TRUE(AskAs(*server, Trusting()));
  HttpAuth auth = Trusting();
  auth.ca_pem = test::TestCa().pem();
  ExpectRefused(AskAs(*server, auth), "TLS");
}

TEST_F(HttpClientTlsContract, N5AWrongNameIsRefusedAndTheServerNameOverridesTheHost) {
  test::CertificateSpec spec;
  spec.alternative_names = "DNS:kubernetes.default";
  const auto server = ServeTls(spec);
  HttpAuth auth = Trusting();
  ExpectRefused(AskAs(*server, auth), "127.0.0.1");
  auth.tls_server_name = "kubernetes.default";
  const auto response = AskAs(*server, auth);
  ASSERT_TRUE(response) << response.error().message;
  auth.tls_server_name = "somebody.else";
  ExpectRefused(AskAs(*server, auth), "somebody.else");
}

TEST_F(HttpClientTlsContract, N5AnExpiredCertificateIsRefused) {
  test::CertificateSpec spec;
  spec.expired = true;
  const auto server = ServeTls(spec);
  ExpectRefused(AskAs(*server, Trusting()), "expired");
}

TEST_F(HttpClientTlsContract, ShowsItsClientCertificateWhereOneIsDemanded) {
  const test::TestCa client_ca;
  const auto server = ServeTls({}, client_ca.pem());
  // The server may close before its refusal is read, which then looks like a broken connection.
  EXPECT_FALSE(AskAs(*server, Trusting()));
  HttpAuth auth = Trusting();
  const test::CertificatePair mine = client_ca.Issue({.common_name = "me"});
  auth.client_cert_pem = mine.certificate_pem;
  auth.client_key_pem = client_ca.Issue({}).key_pem;
  ExpectRefused(AskAs(*server, auth), "our certificate");
  auth.client_key_pem = mine.key_pem;
  const auto response = AskAs(*server, auth);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "fine");
}

}  // namespace
}  // namespace hpaplus
