"""A client that is little more than libtorrent's session.

    ADDRESS PORT FOLDER [--seed] [--log-peers] [--peer=ADDRESS:PORT]… [--set=KEY=VALUE]… TORRENT…

A torrent is a file, or a magnet link. Settings are libtorrent's own. It says "complete" when all are, and runs until it is ended.
With --log-peers it also says "peer ==> WORD…" and "peer <== WORD…" for what it tells peers and hears from them, and
"pieces N" for how many it has.
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


def say_log(alerts, handles, said):
    """What went over the wire, and how many pieces there are by now."""
    for alert in alerts:
        if isinstance(alert, libtorrent.peer_log_alert):
            message = alert.message()
            found = max(message.find(' ==> '), message.find(' <== '))
            if found >= 0:
                print('peer', message[found + 1:].splitlines()[0], flush=True)
    n_pieces = sum(handle.status().num_pieces for handle in handles)
    if n_pieces != said:
        print('pieces', n_pieces, flush=True)
    return n_pieces


def main():
    """Runs until it is ended."""
    address, port, folder, *words = sys.argv[1:]
    settings = dict(QUIET)
    settings['listen_interfaces'] = f'[{address}]:{port}' if ':' in address else f'{address}:{port}'
    settings['outgoing_interfaces'] = address
    settings['alert_mask'] = libtorrent.alert.category_t.status_notification
    if '--log-peers' in words:
        settings['alert_mask'] |= libtorrent.alert.category_t.peer_log_notification
        settings['alert_queue_size'] = 100000
    settings.update(parse_setting(word) for word in words if word.startswith('--set='))
    session = libtorrent.session(settings)
    paths = [word for word in words if not word.startswith('--')]
    handles = [add(session, path, folder, '--seed' in words) for path in paths]
    waited_for = handles
    for handle in handles:
        for word in words:
            if word.startswith('--peer='):
                host, _, number = word.removeprefix('--peer=').rpartition(':')
                handle.connect_peer((host.strip('[]'), int(number)))
    n_pieces = 0
    while True:
        session.wait_for_alert(1000)
        alerts = session.pop_alerts()
        if '--log-peers' in words:
            n_pieces = say_log(alerts, handles, n_pieces)
        if waited_for:
            waited_for = [handle for handle in waited_for if not handle.status().is_seeding]
            if not waited_for:
                print('complete', flush=True)


main()
