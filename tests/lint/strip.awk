# Prints C sources as FILE:LINE:CODE without comments and without what stands in quotes.
FNR == 1 { comment = 0 }
{
    rest = $0; code = ""
    while (rest != "") {
        if (comment) {
            end = index(rest, "*/")
            if (!end) { rest = ""; break }
            rest = substr(rest, end + 2); comment = 0
            continue
        }
        if (!match(rest, /"|'|\/\*|\/\//)) { code = code rest; break }
        code = code substr(rest, 1, RSTART - 1)
        found = substr(rest, RSTART, RLENGTH)
        rest = substr(rest, RSTART + RLENGTH)
        if (found == "//") break
        if (found == "/*") { comment = 1; continue }
        RLENGTH = -1
        if (found == "\"") match(rest, /^([^"\\]|\\.)*"/)
        else match(rest, /^([^'\\]|\\.)*'/)
        if (RLENGTH > 0) rest = substr(rest, RLENGTH + 1)
        code = code found found
    }
    print FILENAME ":" FNR ":" code
}
