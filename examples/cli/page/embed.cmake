# cmake -DNAME=... -DIN=file -DOUT=file.c -P embed.cmake: a file as a map_part.
file(READ "${IN}" hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
  "\\1\n" bytes "${bytes}")
file(WRITE "${OUT}" "#include \"map_parts.h\"
static const unsigned char bytes[] = {\n${bytes}\n};
const map_part ${NAME} = {bytes, sizeof bytes};\n")
