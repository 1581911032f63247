#!/usr/bin/env python3
"""Downloads a torrent with libbtfw, as an application would.

Usage: download.py FILE.torrent FOLDER [HOST:PORT…]

The engine runs on a thread of its own; everything below happens in this
program's main loop.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import sys

import gi

gi.require_version('Btfw', '1')
from gi.repository import Btfw, GLib  # noqa: E402 (the version has to be asked for first)

STOP_PATIENCE = 2000  # milliseconds for trackers to hear that we go


class Download:
    """One torrent, from adding it until it is complete."""

    def __init__(self, torrent_path, folder, peers):
        self.loop = GLib.MainLoop()
        self.error = None

        config = Btfw.Config.new()
        config.load_default()
        self.session = Btfw.Session.new(config)
        self.session.connect('notice', self.on_notice)
        self.session.start()

        options = Btfw.AddOptions.new()
        options.set_dir(folder)
        for peer in peers:
            host, _, port = peer.rpartition(':')
            options.add_peer(host.strip('[]'), int(port))
        metainfo = Btfw.Metainfo.new_from_path(torrent_path)
        self.session.add_async(metainfo, options, None, self.on_added)

    def run(self):
        """Returns when all is stopped. What went wrong is raised."""
        self.loop.run()
        if self.error is not None:
            raise self.error

    def on_added(self, session, result):
        try:
            torrent = session.add_finish(result)
        except GLib.Error as error:
            self.stop(error)
            return
        torrent.connect('notice', self.on_notice)
        torrent.connect('status-changed', self.on_status_changed)

    def on_notice(self, _source, _level, text):
        print(text, file=sys.stderr)

    def on_status_changed(self, torrent):
        status = torrent.get_status()
        print(f'{torrent.get_name()}: {status.get_state().value_nick}, {status.get_done()} of {status.get_wanted()}'
              f' bytes, {Btfw.format_rate(status.get_download_rate())}, {status.get_n_peers()} peers')
        if status.get_state() == Btfw.TorrentState.FAILED:
            self.stop(status.get_error())
        elif status.get_state() == Btfw.TorrentState.SEEDING and status.is_complete():
            self.stop(None)

    def stop(self, error):
        """Ends in good order; called once or more often."""
        if self.session is None:
            return
        session, self.session = self.session, None
        self.error = error
        session.stop_async(STOP_PATIENCE, self.on_stopped)

    def on_stopped(self, session, result):
        try:
            session.stop_finish(result)
        except GLib.Error as error:
            self.error = self.error or error
        self.loop.quit()


def main():
    """The program."""
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        Download(sys.argv[1], sys.argv[2], sys.argv[3:]).run()
    except GLib.Error as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
