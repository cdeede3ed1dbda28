# SPDX-License-Identifier: MIT
#
# Turns SQL scripts into one C string, without comments and empty lines:
#   awk -v dialect=sqlite -v name=schema_sqlite_sql -f embed.awk FILE...
# A line that ends in the comment "-- sqlite" or "-- postgresql" is kept for
# that dialect alone.

BEGIN {
	printf "const char %s[] =\n", name
}

/^[ \t]*(--.*)?$/ { next }

/[ \t]-- (sqlite|postgresql)$/ {
	if ($NF != dialect)
		next
	sub(/[ \t]*-- (sqlite|postgresql)$/, "")
}

{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	gsub(/\t/, "\\t")
	printf "\t\"%s\\n\"\n", $0
}

END {
	print "\t\"\";"
}
