# bash completion for btfw                                  -*- shell-script -*-
# SPDX-License-Identifier: LGPL-2.1-or-later

# The names of the usable plugins of kind $1, or of all with their kind.
_btfw_plugins ()
{
  btfw inspect 2> /dev/null | awk -v kind="$1" '
    NR > 1 && NF == 0 { exit }
    NR > 1 && $3 != "refused" {
      if (kind == "") print $1
      else if (index ($1, kind "-") == 1) print substr ($1, length (kind) + 2)
    }'
}

# The settings of plugin $1 (KIND-NAME), each with "=".
_btfw_settings ()
{
  btfw inspect "$1" 2> /dev/null | sed -n 's/^\([a-z][a-z0-9-]*=\).*/\1/p'
}

# Completes NAME,key=value… of a plugin of kind $1.
_btfw_spec ()
{
  local plugin=${cur%%[,+]*} before=${cur%,*}

  if [[ $cur == *,* ]]; then
    mapfile -t COMPREPLY < <(compgen -P "$before," -W "$(_btfw_settings "$1-$plugin")" -- "${cur##*,}")
    compopt -o nospace 2> /dev/null || true
  else
    _btfw_words "$(_btfw_plugins "$1")"
  fi
}

# Completes KIND-NAME.key= behind --set.
_btfw_assignment ()
{
  if [[ $cur == *.* ]]; then
    mapfile -t COMPREPLY < <(compgen -P "${cur%%.*}." -W "$(_btfw_settings "${cur%%.*}")" -- "${cur#*.}")
  else
    mapfile -t COMPREPLY < <(compgen -S . -W "session $(_btfw_plugins '')" -- "$cur")
  fi
  compopt -o nospace 2> /dev/null || true
}

_btfw_words ()
{
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_btfw_files ()
{
  # A pattern leaves folders out, and files may lie in them.
  if [[ $1 == '*' ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  else
    mapfile -t COMPREPLY < <(compgen -f -X "!$1" -- "$cur"; compgen -d -- "$cur")
  fi
  compopt -o filenames 2> /dev/null || true
}

_btfw_folders ()
{
  mapfile -t COMPREPLY < <(compgen -d -- "$cur")
  compopt -o filenames 2> /dev/null || true
}

# Completes the value of option $1. Fails when it has none to complete.
_btfw_value ()
{
  case $1 in
    --dir | -d | --plugin-dir) _btfw_folders ;;
    --config | --output | -o) _btfw_files '*' ;;
    --on-complete) mapfile -t COMPREPLY < <(compgen -c -- "$cur") ;;
    --progress) _btfw_words 'auto bar plain json none' ;;
    --picker | --storage | --choker | --service) _btfw_spec "${1#--}" ;;
    --shadow-picker) _btfw_spec picker ;;
    --set) _btfw_assignment ;;
    --debug) _btfw_words 'base loop meta plugin net wire disk swarm session' ;;
    --encryption) _btfw_words 'off allow prefer require' ;;
    --files | --give-up | --wait | --peer | --port | --bind | --max-download | --max-upload | --max-peers | --only | \
      --tracker | -t | --web-seed | --piece-size | --comment | --name) COMPREPLY=() ;;
    *) return 1 ;;
  esac
}

# What comes behind "plugin".
_btfw_plugin_words ()
{
  if ((COMP_CWORD == 2)); then
    _btfw_words 'new check'
  elif [[ ${COMP_WORDS[2]} == new ]] && ((COMP_CWORD == 3)); then
    _btfw_words 'choker discovery extension fetcher picker service storage tracker'
  elif [[ ${COMP_WORDS[2]} == check ]]; then
    _btfw_files '*.so'
  fi
}

_btfw ()
{
  local cur prev command options
  local common='--verbose --debug --version --help'
  local settings='--config= --set= --plugin-dir='
  local network='--port= --bind= --max-download= --max-upload= --max-peers= --encryption='
  local making='--tracker= --web-seed= --piece-size= --private --comment= --no-date'

  cur=${COMP_WORDS[COMP_CWORD]}
  prev=${COMP_WORDS[COMP_CWORD - 1]}
  command=${COMP_WORDS[1]}
  COMPREPLY=()

  # "--name=value" comes as three words.
  if [[ $cur == '=' ]]; then
    cur=
    _btfw_value "$prev"
    return
  fi
  if [[ $prev == '=' ]]; then
    _btfw_value "${COMP_WORDS[COMP_CWORD - 2]}"
    return
  fi
  if [[ $prev == -* && $prev != --debug && $prev != --seed ]] && _btfw_value "$prev"; then
    return
  fi

  case $command in
    show) options="--json --magnet --full-urls $common" ;;
    fetch) options="--output= --overwrite --peer= --give-up= --progress= $network $settings $common" ;;
    dht) options="--json $network $settings $common" ;;
    why) options="--wait= --json --peer= --dir= --picker= --storage= --choker= $network $settings $common" ;;
    create) options="--output= --name= --overwrite --quiet $making $common" ;;
    share) options="--service= --progress= $making $network $settings $common" ;;
    plugin) options="--dir= --slow --only= --json $settings $common" ;;
    inspect) options="--json --forgive $settings $common" ;;
    config) options="--all --explain --json $settings $common" ;;
    *)
      options="--files= --overwrite --check --trust-files --seed --give-up= --on-complete= --peer= --progress=
        --dir= --picker= --shadow-picker= --storage= --choker= $network $settings $common"
      ;;
  esac

  if [[ $cur == -* ]]; then
    _btfw_words "$options"
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
      compopt -o nospace 2> /dev/null || true
    fi
    return
  fi

  case $command in
    create | share) ((COMP_CWORD > 1)) && _btfw_files '*' ;;
    inspect) ((COMP_CWORD > 1)) && _btfw_words "$(_btfw_plugins '')" ;;
    plugin) _btfw_plugin_words ;;
    config | dht | fetch) ;;
    *) _btfw_files '*.torrent' ;;
  esac
  if ((COMP_CWORD == 1)); then
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W 'show fetch create share inspect config dht why plugin' -- "$cur")
  fi
}

complete -F _btfw btfw
