# fish completion for btfw
# SPDX-License-Identifier: LGPL-2.1-or-later

# The names of the usable plugins of a kind, or of all with their kind.
function __btfw_plugins
    btfw inspect 2>/dev/null | awk -v kind="$argv[1]" '
        NR > 1 && NF == 0 { exit }
        NR > 1 && $3 != "refused" {
            if (kind == "") print $1
            else if (index ($1, kind "-") == 1) print substr ($1, length (kind) + 2)
        }'
end

# The settings of a plugin (KIND-NAME), each with "=".
function __btfw_settings
    btfw inspect $argv[1] 2>/dev/null | sed -n 's/^\([a-z][a-z0-9-]*=\).*/\1/p'
end

# NAME,key=value… of a plugin of a kind.
function __btfw_spec
    set -l word (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))
    if string match -q '*,*' -- $word
        set -l before (string replace -r ',[^,]*$' ',' -- $word)
        set -l plugin (string replace -r '[,+].*$' '' -- $word)
        __btfw_settings $argv[1]-$plugin | string replace -r '^' -- $before
    else
        __btfw_plugins $argv[1]
    end
end

# KIND-NAME.key= behind --set.
function __btfw_assignment
    set -l word (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))
    if string match -q '*.*' -- $word
        set -l group (string replace -r '\..*$' '' -- $word)
        __btfw_settings $group | string replace -r '^' -- $group.
    else
        printf '%s.\n' session (__btfw_plugins '')
    end
end

set -l commands show fetch create share inspect config dht why plugin
set -l none "not __fish_seen_subcommand_from $commands"
set -l runs "not __fish_seen_subcommand_from show create inspect config plugin"
set -l meets "__fish_seen_subcommand_from fetch dht share why; or $none"

complete -c btfw -n $none -a show -d 'say what is in a torrent or a magnet link'
complete -c btfw -n $none -a fetch -d 'get the .torrent file of a magnet link'
complete -c btfw -n $none -a create -d 'make a torrent'
complete -c btfw -n $none -a share -d 'make a torrent, seed it, be its tracker'
complete -c btfw -n $none -a inspect -d 'list plugins and their settings'
complete -c btfw -n $none -a config -d 'show the settings in force'
complete -c btfw -n $none -a dht -d 'show the DHT, and look up who shares a torrent'
complete -c btfw -n $none -a why -d 'say why a torrent is slow or stands still'
complete -c btfw -n $none -a plugin -d 'begin a plugin, or check one'

complete -c btfw -s v -l verbose -d 'say more'
complete -c btfw -l debug -d 'show debug messages'
complete -c btfw -l version -d 'show the version'
complete -c btfw -s h -l help -d 'show a short help'
complete -c btfw -l config -r -d 'read this keyfile instead of the usual ones'
complete -c btfw -l set -x -a '(__btfw_assignment)' -d 'set what a keyfile can set'
complete -c btfw -l plugin-dir -x -a '(__fish_complete_directories)' -d 'look for plugins here first'

complete -c btfw -n $meets -l port -x -d 'listen on this port'
complete -c btfw -n $meets -l bind -x -d 'use only this address or interface'
complete -c btfw -n $meets -l max-download -x -d 'receive at most so many bytes a second'
complete -c btfw -n $meets -l max-upload -x -d 'send at most so many bytes a second'
complete -c btfw -n $meets -l max-peers -x -d 'have at most so many peers'
complete -c btfw -n $meets -l encryption -x -a 'off allow prefer require' -d 'whether peers are spoken with encrypted'
complete -c btfw -n $runs -l peer -x -d 'connect to this peer'
complete -c btfw -n $runs -l progress -x -a 'auto bar plain json none' -d 'how to show it'
complete -c btfw -n $runs -l picker -x -a '(__btfw_spec picker)' -d 'what chooses the pieces'
complete -c btfw -n $runs -l storage -x -a '(__btfw_spec storage)' -d 'where the bytes go'
complete -c btfw -n $runs -l choker -x -a '(__btfw_spec choker)' -d 'what chooses whom to upload to'
complete -c btfw -n $runs -s d -l dir -x -a '(__fish_complete_directories)' -d 'save below this folder'

complete -c btfw -n $none -l shadow-picker -x -a '(__btfw_spec picker)' -d 'tell where this picker would have chosen otherwise'
complete -c btfw -n $none -l files -x -d 'only these files'
complete -c btfw -n $none -l overwrite -d 'overwrite files that are something else'
complete -c btfw -n $none -l check -d 'verify what is there and end'
complete -c btfw -n $none -l trust-files -d 'take files of the right size for complete'
complete -c btfw -n $none -l seed -d 'stay and seed'
complete -c btfw -n $none -l on-complete -r -d 'run this when a torrent is complete'
complete -c btfw -n "$none; or __fish_seen_subcommand_from fetch" -l give-up -x -d 'end when nothing new came for so long'

complete -c btfw -n '__fish_seen_subcommand_from show inspect config dht why plugin' -l json -d 'as JSON'
complete -c btfw -n '__fish_seen_subcommand_from show' -l magnet -d 'only the magnet link of each'
complete -c btfw -n '__fish_seen_subcommand_from show' -l full-urls -d 'show URLs whole'
complete -c btfw -n '__fish_seen_subcommand_from fetch create' -s o -l output -r -d 'write it here'
complete -c btfw -n '__fish_seen_subcommand_from fetch create' -l overwrite -d 'replace a file of that name'
complete -c btfw -n '__fish_seen_subcommand_from create' -l name -x -d 'call the torrent this'
complete -c btfw -n '__fish_seen_subcommand_from create' -s q -l quiet -d 'say nothing but errors'
complete -c btfw -n '__fish_seen_subcommand_from create share' -s t -l tracker -x -d 'ask this tracker for peers'
complete -c btfw -n '__fish_seen_subcommand_from create share' -l web-seed -x -d 'the files can also be had from here'
complete -c btfw -n '__fish_seen_subcommand_from create share' -l piece-size -x -a '16KiB 64KiB 256KiB 1MiB 4MiB 16MiB' -d 'size of the pieces'
complete -c btfw -n '__fish_seen_subcommand_from create share' -l private -d 'peers come only from its trackers'
complete -c btfw -n '__fish_seen_subcommand_from create share' -l comment -x -d 'a remark'
complete -c btfw -n '__fish_seen_subcommand_from create share' -l no-date -d 'do not say when it was made'
complete -c btfw -n '__fish_seen_subcommand_from share' -l service -x -a '(__btfw_spec service)' -d 'the plugin that is the tracker'
complete -c btfw -n '__fish_seen_subcommand_from inspect' -f -a '(__btfw_plugins "")'
complete -c btfw -n '__fish_seen_subcommand_from inspect' -l forgive -d 'try a plugin again that was set aside'
complete -c btfw -n '__fish_seen_subcommand_from config' -s a -l all -d 'also plugins that no setting speaks of'
complete -c btfw -n '__fish_seen_subcommand_from config' -l explain -r -d 'what holds for this torrent'
complete -c btfw -n '__fish_seen_subcommand_from why' -l wait -x -d 'run it for so long when nobody else does'
complete -c btfw -n '__fish_seen_subcommand_from plugin; and not __fish_seen_subcommand_from new check' -f -a 'new check'
complete -c btfw -n '__fish_seen_subcommand_from new' -f -a 'choker discovery extension fetcher picker service storage tracker'
complete -c btfw -n '__fish_seen_subcommand_from check' -l slow -d 'also checks that wait for half a minute'
complete -c btfw -n '__fish_seen_subcommand_from check' -l only -x -d 'only this check'
