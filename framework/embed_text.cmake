# offload_embed_text(TARGET SYMBOL FILE): the file's text as `extern const char* const offload::SYMBOL`, a part
# of the program. Reconfigures when the file changes.
function(offload_embed_text target symbol file)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  file(CONFIGURE OUTPUT ${symbol}.cpp @ONLY CONTENT [==[
namespace offload {
extern const char* const @symbol@;
const char* const @symbol@ = R"embedded(@text@)embedded";
}  // namespace offload
]==])
  target_sources(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp)
endfunction()
