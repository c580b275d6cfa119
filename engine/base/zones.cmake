# Writes the C file that holds the time zones: cmake -DOUT=... -DZIC=... -DFROM=tzdata.zi
# -DWORK=folder -P zones.cmake. zic compiles the tz database's own text (Debian's tzdata has it)
# into files of RFC 8536; each different one is copied once, from its second header on, which is all
# that base/zone.c reads.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
execute_process(COMMAND ${ZIC} -b fat -d ${WORK} ${FROM} COMMAND_ERROR_IS_FATAL ANY)
file(GLOB_RECURSE names RELATIVE ${WORK} ${WORK}/*)
list(SORT names)

set(bytes "")
set(rows "")
set(offset 0)
foreach(name IN LISTS names)
  file(READ ${WORK}/${name} hex HEX)
  if(NOT hex MATCHES "^545a6966.*(545a6966.*)$") # TZif, twice
    continue()
  endif()
  set(hex "${CMAKE_MATCH_1}")
  string(SHA1 key "${hex}")
  if(NOT DEFINED at_${key})
    string(LENGTH "${hex}" len)
    math(EXPR len "${len} / 2")
    set(at_${key} "${offset}, ${len}")
    math(EXPR offset "${offset} + ${len}")
    string(REGEX REPLACE "(................................)" "\\1\n    " hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    string(APPEND bytes "    ${hex}\n")
  endif()
  string(APPEND rows "    {\"${name}\", ${at_${key}}},\n")
endforeach()

file(WRITE ${OUT}.new "/* Made by zones.cmake from tzdata; not to be edited. */
#include \"base/zone.h\"

const unsigned char zone_bytes[] = {
${bytes}};

const struct zone_row zone_rows[] = {
${rows}};

const size_t zone_count = sizeof(zone_rows) / sizeof(zone_rows[0]);
")
file(COPY_FILE ${OUT}.new ${OUT} ONLY_IF_DIFFERENT)
file(REMOVE ${OUT}.new)
