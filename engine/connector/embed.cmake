# Writes the C file that holds the shipped connectors: cmake -DOUT=... -DROOT=... -P embed.cmake.
# Natives (connectors/x/x.c; other sources in the folder are its helpers) are named by their symbol,
# declared ones are copied byte by byte.
file(GLOB natives RELATIVE ${ROOT} ${ROOT}/connectors/*/*.c)
file(GLOB declared RELATIVE ${ROOT} ${ROOT}/connectors/*/*.yaml)
list(SORT natives)
list(SORT declared)

set(symbols "")
set(natives_list "")
foreach(source IN LISTS natives)
  get_filename_component(name ${source} NAME_WE)
  if(NOT source STREQUAL "connectors/${name}/${name}.c")
    continue()
  endif()
  string(REPLACE "-" "_" name ${name})
  string(APPEND symbols "extern const struct quell_connector quell_connector_${name};\n")
  string(APPEND natives_list "    &quell_connector_${name},\n")
endforeach()

set(bytes "")
set(files_list "")
set(number 0)
foreach(source IN LISTS declared)
  file(READ ${ROOT}/${source} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(APPEND bytes "static const unsigned char file_${number}[] = {\n    ${hex}0};\n")
  string(APPEND files_list
         "    {\"${source}\", file_${number}, sizeof(file_${number}) - 1},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUT}.new "/* Made by embed.cmake from connectors/; not to be edited. */
#include \"connector/embedded.h\"

${symbols}
const struct quell_connector *const embedded_natives[] = {
${natives_list}    NULL,
};

${bytes}
const struct embedded_file embedded_files[] = {
${files_list}    {NULL, NULL, 0},
};
")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
file(REMOVE ${OUT}.new)
