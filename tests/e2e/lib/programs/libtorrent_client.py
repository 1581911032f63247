"""A client that is little more than libtorrent's session.

    ADDRESS PORT FOLDER [--seed] [--set=KEY=VALUE]… TORRENT…

A torrent is a file, or a magnet link. Settings are libtorrent's own. It says "complete" when all are, and runs until it is ended.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import sys

import libtorrent

QUIET = {
    'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
    'enable_incoming_utp': False, 'enable_outgoing_utp': False, 'allow_multiple_connections_per_ip': True,
    'in_enc_policy': 2, 'out_enc_policy': 2, 'send_buffer_watermark': 4 << 20, 'connections_limit': 1000,
    'unchoke_slots_limit': 100,
}


def parse_setting(word):
    """--set=KEY=VALUE, with a number where it looks like one."""
    key, _, value = word.removeprefix('--set=').partition('=')
    return key, int(value) if value.lstrip('-').isdigit() else value


def add(session, path, folder, is_seed):
    """Adds one torrent."""
    if path.startswith('magnet:'):
        arguments = libtorrent.parse_magnet_uri(path)
    else:
        arguments = libtorrent.add_torrent_params()
        arguments.ti = libtorrent.torrent_info(path)
    arguments.save_path = folder
    if is_seed:
        arguments.flags |= libtorrent.torrent_flags.seed_mode
    return session.add_torrent(arguments)


def main():
    """Runs until it is ended."""
    address, port, folder, *words = sys.argv[1:]
    settings = dict(QUIET)
    settings['listen_interfaces'] = f'[{address}]:{port}' if ':' in address else f'{address}:{port}'
    settings['outgoing_interfaces'] = address
    settings['alert_mask'] = libtorrent.alert.category_t.status_notification
    settings.update(parse_setting(word) for word in words if word.startswith('--set='))
    session = libtorrent.session(settings)
    paths = [word for word in words if not word.startswith('--')]
    waited_for = [add(session, path, folder, '--seed' in words) for path in paths]
    while True:
        session.wait_for_alert(1000)
        session.pop_alerts()
        if waited_for:
            waited_for = [handle for handle in waited_for if not handle.status().is_seeding]
            if not waited_for:
                print('complete', flush=True)


main()
