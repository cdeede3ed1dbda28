# SPDX-License-Identifier: MIT
#
# Turns a text file into a C string, to the byte:
#   awk -v name=demo_sql -f embed-text.awk FILE

BEGIN {
	printf "const char %s[] =\n", name
}

{
	gsub(/[\\"?]/, "\\\\&")
	printf "\t\"%s\\n\"\n", $0
}

END {
	print "\t\"\";"
}
