#pragma once

#include <cstdint>
#include <string_view>

namespace hpaplus::record {

/// CRC-32C (Castagnoli), as iSCSI and ext4 have it: "123456789" gives 0xE3069283.
[[nodiscard]] std::uint32_t Crc32c(std::string_view bytes);

}  // namespace hpaplus::record
