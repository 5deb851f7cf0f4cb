# Completion of covey for bash: commands, their options, members, files.
# Installed as share/bash-completion/completions/covey.

_covey_words() { # what the program's own help lists
    "$1" ${2:+"$2"} --help 2>/dev/null
}

_covey() {
    local word=${COMP_WORDS[COMP_CWORD]} command= i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --home | --ca-file | --proxy) ((i++)) ;;
        -*) ;;
        *)
            command=${COMP_WORDS[i]}
            break
            ;;
        esac
    done
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_covey_words "$1" "$command" |
            grep -o -- '--[a-z-]*' | sort -u)" -- "$word")
    elif [[ -z $command ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_covey_words "$1" |
            sed -n 's/^  \([a-z]*\)  *[A-Z].*/\1/p')" -- "$word")
    elif [[ $command == policy && ${COMP_WORDS[COMP_CWORD - 1]} == policy ]]; then
        mapfile -t COMPREPLY < <(compgen -W \
            "zone hours contacts sos reporting precision set" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}
complete -o filenames -F _covey covey
