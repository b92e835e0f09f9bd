// The JSON of the tests. Of a template that several files of a program use the linker keeps the first copy:
// these are optimised, as reading and writing results is much of what forgers do.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using nlohmann::json;
using FromText = decltype(nlohmann::detail::input_adapter(std::string()));
using FromStream = nlohmann::detail::input_stream_adapter;

}  // namespace

template class nlohmann::basic_json<>;
template class nlohmann::detail::serializer<json>;
template class nlohmann::detail::json_sax_dom_parser<json>;
template class nlohmann::detail::lexer<json, FromText>;
template class nlohmann::detail::lexer<json, FromStream>;
template class nlohmann::detail::parser<json, FromText>;
template class nlohmann::detail::parser<json, FromStream>;
template class std::vector<char>;
