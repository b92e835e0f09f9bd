# offload_embed_text(TARGET SYMBOL FILE): the file's text as `extern const char* const offload::SYMBOL`, a part of the
# program. The assembler copies it in: compilers bound how long a literal may be.
function(offload_embed_text target symbol file)
  file(CONFIGURE OUTPUT ${symbol}.cpp @ONLY CONTENT [==[
extern "C" const char offload_text_of_@symbol@[];
asm(".pushsection .rodata\n"
    ".globl offload_text_of_@symbol@\n"
    "offload_text_of_@symbol@: .incbin \"@file@\"\n"
    ".byte 0\n"
    ".popsection\n");
namespace offload {
extern const char* const @symbol@;
const char* const @symbol@ = offload_text_of_@symbol@;
}  // namespace offload
]==])
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.cpp)
  target_sources(${target} PRIVATE ${source})
  set_source_files_properties(${source} PROPERTIES
    OBJECT_DEPENDS ${file} SKIP_UNITY_BUILD_INCLUSION ON SKIP_PRECOMPILE_HEADERS ON)
endfunction()
