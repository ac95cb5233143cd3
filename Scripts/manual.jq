# From what `lls --experimental-dump-help` prints to what the argument parser's generate-manual prints
# well: it leaves out values and defaults, joins lines, and drops characters that are not ASCII. These
# become @u00D7@, for `Scripts/stage` to turn into manual pages' own form of them.

def hexadecimal:
    [recurse(if . < 16 then empty else . / 16 | floor end) % 16]
    | reverse | map("0123456789ABCDEF"[. : . + 1]) | add
    | if length < 4 then ("000" + .)[-4:] else . end;
def ascii:
    explode | map(if . < 128 then [.] | implode else "@u\(hexadecimal)@" end) | add // "";

def values: if .allValues then "values: " + (.allValues | join(", ")) else empty end;
def default: if .defaultValue then "default: \(.defaultValue)" else empty end;
def argument:
    [values, default] as $more
    | if $more == [] then . else .abstract = "\(.abstract // "") (\($more | join("; ")))" end;

def command:
    if .arguments then .arguments |= map(argument) else . end
    | if .discussion then .discussion |= gsub("\n"; "\n\n") else . end
    | if .subcommands
        then .subcommands |= map(select(.commandName != "help") | command) else . end;

.command |= command | walk(if type == "string" then ascii else . end)
