#!/usr/bin/env python3
"""Downloads a torrent with libbtfw, as an application would.

The engine runs on a thread of its own; everything below happens in the main
loop of this program, and nothing that is slow here makes a transfer slow.

As a module: Download(source, folder, on_progress=…).run().
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import signal
import sys

import gi

gi.require_version('Btfw', '1')
from gi.repository import Btfw, GLib  # noqa: E402 (the version has to be asked for first)

STOP_PATIENCE = 2000  # milliseconds in which trackers may hear that we go


class Download:
    """One torrent, from adding it until it is complete, has failed, or is interrupted."""

    def __init__(self, source, folder, on_progress=None, settings=(), peers=(), picker=None):
        """`source` is a path or a magnet link. `on_progress(torrent, status)` is called at most some
        ten times a second. `settings` are as in "session.max-download=2M", `peers` as in "host:port"."""
        self.loop = GLib.MainLoop()
        self.on_progress = on_progress
        self.error = self.interrupted_by = None
        self.is_stopping = False

        config = Btfw.Config.new()
        config.load_default()
        for setting in settings:
            config.set_assignment(setting, '--set')
        self.session = Btfw.Session.new(config)
        self.session.connect('notice', self.on_notice)
        self.session.start()
        self.add(source, self.make_options(folder, peers, picker))

    @staticmethod
    def make_options(folder, peers, picker):
        """What is to hold for this torrent alone."""
        options = Btfw.AddOptions.new()
        options.set_dir(folder)
        if picker:
            options.set_picker(picker)
        for peer in peers:
            host, _, port = peer.rpartition(':')
            options.add_peer(host.strip('[]'), int(port))
        return options

    def add(self, source, options):
        """Asks for it; the answer comes in the main loop."""
        session = self.session
        if Btfw.Magnet.is_link(source):
            session.add_magnet_async(Btfw.Magnet.parse(source), options, None, self.on_added, session.add_magnet_finish)
        else:
            session.add_async(Btfw.Metainfo.new_from_path(source), options, None, self.on_added, session.add_finish)

    def run(self):
        """Returns whether it is complete, once all is stopped. What went wrong is raised."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.on_signal)
        try:
            self.loop.run()
        finally:
            # Ends the engine's thread now. A plugin written in Python needs the interpreter to the
            # end, so this must not be left to whenever the last reference goes.
            self.session.close()
        if self.error is not None:
            raise self.error
        return self.interrupted_by is None

    def on_added(self, _session, result, finish):
        try:
            torrent = finish(result)
        except GLib.Error as error:
            self.stop(error)
            return
        torrent.connect('notice', self.on_notice)
        torrent.connect('status-changed', self.on_status_changed)

    def on_notice(self, _source, _level, text):
        print(text, file=sys.stderr)

    def on_status_changed(self, torrent):
        status = torrent.get_status()
        if self.on_progress:
            self.on_progress(torrent, status)
        if status.get_state() == Btfw.TorrentState.FAILED:
            self.stop(status.get_error())
        elif status.get_state() == Btfw.TorrentState.SEEDING and status.is_complete():
            self.stop(None)

    def on_signal(self, number, _frame):
        """The first one lets trackers know; the second does not wait for them."""
        if self.interrupted_by is not None:
            self.loop.quit()
        self.interrupted_by = number
        self.stop(None)

    def stop(self, error):
        """Ends in good order; called once or more often."""
        if self.is_stopping:
            return
        self.is_stopping = True
        self.error = error
        self.session.stop_async(STOP_PATIENCE, self.on_stopped)

    def on_stopped(self, session, result):
        try:
            session.stop_finish(result)
        except GLib.Error as error:
            self.error = self.error or error
        self.loop.quit()


def print_progress(torrent, status):
    """One line, which the next one replaces on a terminal."""
    line = (f'{torrent.get_name()}: {status.get_state().value_nick}, {status.get_done()} of {status.get_wanted()} bytes, '
            f'{Btfw.format_rate(status.get_download_rate())}, {status.get_n_peers()} peers')
    if sys.stdout.isatty():
        print(f'\r{line:<79}', end='', flush=True)
    else:
        print(line, flush=True)


def make_parser():
    """The options that both examples have."""
    parser = argparse.ArgumentParser(description='Downloads a torrent. Exit codes: 0 complete, 1 failed, 2 wrong usage, '
                                                 '130 or 143 interrupted.')
    parser.add_argument('source', metavar='SOURCE', help='a .torrent file, or a magnet link')
    parser.add_argument('folder', metavar='FOLDER', help='where to save it')
    parser.add_argument('--set', metavar='GROUP.KEY=VALUE', action='append', default=[], help='a setting, as in btfw.conf')
    parser.add_argument('--peer', metavar='HOST:PORT', action='append', default=[], help='somebody who has it')
    return parser


def main(parser=None, picker=None):
    """Runs it, and says how it went as an exit code."""
    arguments = (parser or make_parser()).parse_args()
    download = None
    try:
        download = Download(arguments.source, arguments.folder, print_progress, arguments.set, arguments.peer,
                            picker or getattr(arguments, 'picker', None))
        is_complete = download.run()
    except GLib.Error as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0 if is_complete else 128 + download.interrupted_by


if __name__ == '__main__':
    sys.exit(main())
