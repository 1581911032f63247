#!/usr/bin/python3
# program.py: the program as a person or a script meets it: what it says, how
# it ends, what signals and closed descriptors do.
# SPDX-License-Identifier: LGPL-2.1-or-later

import filecmp
import fcntl
import json
import os
import pty
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

PROGRAM = os.path.abspath(sys.argv[1])
PATIENCE = 20  # seconds until a test gives up
STOP_TIME = 3.5  # seconds that an orderly stop may take, and some for starting and reaping


class Case(unittest.TestCase):
    """A temporary home for each test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = folder.name
        self.environment = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "", "HOME": self.home, "TERM": "xterm",
                            "XDG_CONFIG_DIRS": self.path("etc"), "no_proxy": "*"}
        for name in ("CONFIG", "STATE", "DATA", "CACHE"):
            self.environment["XDG_%s_HOME" % name] = self.path(name.lower())
        # Nobody asks the internet where its DHT begins.
        self.write(os.path.join("etc", "btfw", "btfw.conf"), "[discovery-dht]\nbootstrap=\n")

    def path(self, *names):
        return os.path.join(self.home, *names)

    def write(self, name, content):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def start(self, *arguments, **options):
        settings = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                    "env": self.environment, "cwd": self.home, **options}
        process = subprocess.Popen([PROGRAM, *arguments], **settings)
        self.addCleanup(self.reap, process)
        return process

    @staticmethod
    def reap(process):
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def run_program(self, *arguments, code=0):
        process = self.start(*arguments)
        output, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, code, (arguments, output.decode(), errors.decode()))
        return output.decode(), errors.decode()

    def make_torrent(self, size=300000, *options):
        content = os.urandom(size)
        self.write("source/data.bin", content)
        self.run_program("create", "--quiet", "--overwrite", "--piece-size=16KiB", "-o", self.path("data.torrent"),
                         *options, self.path("source/data.bin"))
        return self.path("data.torrent"), content


class Words(Case):
    """What is said when nothing is transferred."""

    def assert_says(self, expected, *arguments, code):
        _, errors = self.run_program(*arguments, code=code)
        self.assertIn(expected, errors)

    def test_without_a_source_it_is_a_usage_error(self):
        self.assert_says("what is to be downloaded?", code=2)

    def test_a_misspelt_option_is_met_with_the_right_one(self):
        self.assert_says("did you mean “--max-download”?", "--max-downlaod=1", "x", code=2)

    def test_wrong_values_are_named(self):
        self.assert_says("--seed: “x” is no ratio", "--seed=x", "y", code=2)
        self.assert_says("--peer: “nowhere” is no peer", "--peer=nowhere", "y", code=2)
        self.assert_says("there are auto, bar, plain, json and none", "--progress=pretty", "y", code=2)
        self.assert_says("“70000” is not a whole number from 0 to 65535", "--port=70000", "y", code=2)
        self.assert_says("--max-download: session.max-download: “fast” is not", "--max-download=fast", "y", code=2)

    def test_seed_takes_no_file_for_a_ratio(self):
        self.assert_says("there is no file “file.torrent”", "--seed", "file.torrent", code=1)

    def test_sources_that_are_none_are_explained(self):
        os.mkdir(self.path("folder"))
        self.assert_says("“btfw share” shares it", "folder", code=1)
        self.assert_says("there is nobody to ask", "--port=0", "--set=session.discovery=none", "magnet:?xt=urn:btih:" + 40 * "0", code=1)
        self.assert_says("there is nobody to ask", "--port=0", "--set=session.discovery=none", 40 * "0", code=1)
        self.assert_says("does not name a torrent", "magnet:?dn=x", code=1)
        self.assert_says("v2-only torrent", "--port=0", "magnet:?xt=urn:btmh:1220" + 64 * "0", code=1)
        self.assert_says("no fetcher plugin for “ftp” URLs", "ftp://example.org/x.torrent", code=1)

    def test_a_file_called_like_a_command_is_reached_by_its_path(self):
        self.write("show", b"nonsense")
        self.assert_says("at byte 0", "./show", code=1)

    def test_show_says_at_which_byte_a_torrent_ends(self):
        torrent, _ = self.make_torrent()
        with open(torrent, "rb") as file:
            self.write("cut.torrent", file.read()[:-7])
        self.assert_says("at byte ", "show", "cut.torrent", code=1)

    def test_show_and_its_json_agree(self):
        torrent, content = self.make_torrent(300000, "--tracker=http://user:secret@t.example.org/announce?passkey=0123456789",
                                             "--private", "--comment=Grüße")
        output, _ = self.run_program("show", torrent)
        facts = json.loads(self.run_program("show", "--json", torrent)[0])
        self.assertEqual(facts["size"], len(content))
        self.assertEqual(facts["files"][0]["path"], "data.bin")
        self.assertTrue(facts["private"])
        for text in (facts["info_hash"], "Grüße", "private", "data.bin"):
            self.assertIn(text, output)
        self.assertNotIn("secret", output + json.dumps(facts))
        self.assertNotIn("0123456789", output + json.dumps(facts))
        self.assertIn("passkey=0123456789", self.run_program("show", "--full-urls", torrent)[0])

    def test_no_control_bytes_of_a_torrent_reach_the_terminal(self):
        def text(value):
            return b"%d:%s" % (len(value), value)

        evil = "evil\x1b]0;x\x07\u202etxt.exe".encode()
        info = (b"d6:lengthi4e4:name" + text(evil) + b"12:piece lengthi16384e6:pieces20:" + 20 * b"a" + b"e")
        self.write("evil.torrent", b"d7:comment" + text(evil) + b"4:info" + info + b"e")
        for arguments in (["show"], ["show", "--json"]):
            output, errors = self.run_program(*arguments, "evil.torrent")
            for character in "\x1b\x07\u202e":
                self.assertNotIn(character, output + errors)

    def test_a_full_disk_behind_standard_output_is_an_error(self):
        torrent, _ = self.make_torrent()
        with open("/dev/full", "wb") as full:
            process = self.start("show", torrent, stdout=full)
            _, errors = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 1)
        self.assertIn("cannot write to standard output", errors.decode())

    def test_a_reader_that_went_away_is_nothing_to_talk_about(self):
        torrent, _ = self.make_torrent()
        reader, writer = os.pipe()
        os.close(reader)
        process = self.start("show", torrent, stdout=writer)
        os.close(writer)
        self.assertEqual(process.communicate(timeout=PATIENCE)[1], b"")
        self.assertEqual(process.returncode, 1)

    def test_create_replaces_nothing_unasked(self):
        torrent, _ = self.make_torrent()
        self.assert_says("--overwrite replaces it", "create", "-o", torrent, "source/data.bin", code=1)
        self.run_program("create", "--overwrite", "-o", torrent, "source/data.bin")
        self.assertEqual(sorted(name for name in os.listdir(self.home) if "torrent" in name), ["data.torrent"])

    def test_create_explains_what_it_cannot_do(self):
        self.assert_says("cannot read “nothing”", "create", "nothing", code=1)
        self.write("file", b"x")
        self.assert_says("is no tracker's URL", "create", "--tracker=nonsense", "file", code=1)
        self.run_program("create", "--piece-size=17k", "file", code=1)
        self.assert_says("cannot write", "create", "-o", "no/such/folder/x.torrent", "file", code=1)

    def test_the_same_files_make_the_same_torrent_without_a_date(self):
        self.write("folder/a", b"1")
        self.write("folder/b", b"22")
        for name in ("one", "two"):
            self.run_program("create", "--no-date", "-o", name, "folder")
        self.assertTrue(filecmp.cmp(self.path("one"), self.path("two"), shallow=False))

    def test_config_names_the_origin_of_each_value(self):
        path = self.write("config/btfw/btfw.conf", "[session]\nport=7000\nmax-upload=1M\n")
        output, _ = self.run_program("config", "--set", "session.max-upload=2M")
        lines = dict(line.split(None, 1) for line in output.splitlines() if "=" in line)
        self.assertEqual(lines["port=7000"], "%s:2" % path)
        self.assertEqual(lines["max-upload=2M"], "--set")
        self.assertEqual(lines["listen=true"], "default")

    def test_config_finds_what_is_wrong(self):
        self.write("a.conf", "[session]\n\nport=seventy\n")
        self.assert_says("a.conf:3: session.port", "config", "--config=a.conf", code=2)
        self.write("b.conf", "[picker-rarest]\nno-such-key=1\n")
        self.assert_says("b.conf:2", "config", "--config=b.conf", code=2)
        self.write("c.conf", "[picker-unheard_of]\nkey=1\n")
        self.assert_says("warning: the group [picker-unheard_of] is not used", "config", "--config=c.conf", code=0)

    def test_inspect_lists_and_describes(self):
        listed = json.loads(self.run_program("inspect", "--json")[0])["plugins"]
        self.assertIn("picker-rarest", {plugin["plugin"] for plugin in listed if plugin["status"] == "usable"})
        for plugin in listed:
            described = json.loads(self.run_program("inspect", "--json", plugin["plugin"])[0])
            self.assertEqual(described["description"], plugin["description"])
            for setting in described["settings"]:
                self.assertTrue(setting["description"] and setting["allowed"], setting)
        self.assertIn("[picker-rarest]", self.run_program("inspect", "rarest")[0])
        self.assert_says("did you mean “picker-rarest”?", "inspect", "picker-rares", code=1)

    def test_an_unknown_plugin_is_met_with_those_there_are(self):
        torrent, _ = self.make_torrent()
        self.assert_says("rarest", "--picker=rares", "--port=0", "--bind=127.0.0.1", torrent, code=1)


class SessionCase(Case):
    """With a session, and at times a second one that shares."""

    def share(self, size=3000000):
        content = os.urandom(size)
        self.write("shared/sub/data.bin", content)
        self.write("shared/small", b"small")
        process = self.start("share", "--bind=127.0.0.1", "--port=0", "--progress=json", self.path("shared"),
                             stderr=subprocess.DEVNULL)
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "share":
                return process, event["url"]
            self.assertNotIn(event["event"], ("failed", "exit"), line)
        raise AssertionError("nothing was shared")

    def get(self, url, *options, code=0, folder="got"):
        return self.run_program("--bind=127.0.0.1", "--port=0", "--dir=" + folder, *options, url, code=code)

    def assert_same(self, folder="got"):
        for name in ("sub/data.bin", "small"):
            self.assertTrue(filecmp.cmp(self.path("shared", name), self.path(folder, "shared", name), shallow=False))

    def lonely(self, *options, **settings):
        """A download that goes on for ever: its tracker never answers."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        torrent, _ = self.make_torrent(300000, "--tracker=http://127.0.0.1:%d/announce" % listener.getsockname()[1])
        process = self.start("--bind=127.0.0.1", "--port=0", "--dir=lonely", *options, torrent, **settings)
        # It is under way when it has asked.
        listener.settimeout(PATIENCE)
        self.addCleanup(listener.accept()[0].close)
        return process

    def assert_ends(self, process, code):
        begun = time.monotonic()
        process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, code)
        self.assertLess(time.monotonic() - begun, STOP_TIME)


class Transfers(SessionCase):
    """From the first word to the exit code."""

    def test_what_is_shared_can_be_downloaded_with_the_printed_line(self):
        sharer, url = self.share()
        output, _ = self.get(url)
        self.assert_same()
        self.assertIn("complete", output.splitlines()[-1])
        self.assertIn("ratio", output.splitlines()[-1])
        sharer.send_signal(signal.SIGINT)
        self.assert_ends(sharer, 0)

    def test_a_second_run_finds_all_there(self):
        _, url = self.share()
        self.get(url)
        output, _ = self.get(url)
        self.assertNotIn("received", output)

    def test_json_lines_tell_the_whole_story(self):
        _, url = self.share()
        events = [json.loads(line) for line in self.get(url, "--progress=json")[0].splitlines()]
        kinds = [event["event"] for event in events]
        self.assertEqual(kinds[-1], "exit")
        self.assertEqual(events[-1]["code"], 0)
        self.assertLess(kinds.index("added"), kinds.index("complete"))
        self.assertLess(kinds.index("complete"), kinds.index("end"))
        end = events[kinds.index("end")]
        self.assertEqual((end["complete"], end["done"], end["torrent"]), (True, 3000005, 1))

    def test_only_the_chosen_files_are_made(self):
        _, url = self.share()
        self.get(url, "--files=*.bin")
        self.assertTrue(os.path.exists(self.path("got/shared/sub/data.bin")))
        self.assertFalse(os.path.exists(self.path("got/shared/small")))
        self.assertIn("has files 1 to 2", self.get(url, "--files=3", code=1, folder="other")[1])

    def test_check_finds_what_was_changed(self):
        _, url = self.share()
        self.get(url)
        self.assertIn("what was checked is right", self.get(url, "--check")[0])
        with open(self.path("got/shared/sub/data.bin"), "r+b") as file:
            file.seek(100000)
            file.write(b"changed!")
        self.assertIn("not complete", self.get(url, "--check", code=1)[0])
        self.assertIn("not complete", self.get(url, "--check", code=1, folder="empty")[0])

    def test_the_program_for_completion_gets_words_and_never_a_shell(self):
        _, url = self.share()
        hook = self.write("hook", "#!/bin/sh\nprintf '%s\\n' \"$@\" \"$BTFW_PATH\" \"$BTFW_EVENT\" > \"$HOME/told\"\nexit 3\n")
        os.chmod(hook, 0o755)
        _, errors = self.get(url, "--on-complete=" + hook)
        with open(self.path("told"), encoding="utf-8") as file:
            told = file.read().splitlines()
        path = self.path("got/shared")
        self.assertEqual((told[0], told[1], told[3:]), ("shared", path, [path, "complete"]))
        self.assertIn("--on-complete", errors)
        os.unlink(self.path("told"))
        self.get(url, "--on-complete=" + hook)
        self.assertFalse(os.path.exists(self.path("told")), "told again of what was complete before")

    def test_it_gives_up_when_it_was_told_to(self):
        process = self.lonely("--give-up=1s")
        self.assertIn("given up", process.communicate(timeout=PATIENCE)[0].decode())
        self.assertEqual(process.returncode, 3)

    def test_debug_messages_are_on_standard_error(self):
        process = self.lonely("--give-up=1s", "--debug=swarm", "--peer=127.0.0.1:1")
        output, errors = (part.decode() for part in process.communicate(timeout=PATIENCE))
        self.assertEqual(process.returncode, 3)
        self.assertIn("swarm: 127.0.0.1:1: cannot connect", errors)
        self.assertNotIn("CRITICAL", errors)
        self.assertNotIn("DEBUG", output)

    def test_each_signal_ends_it_in_time_with_its_code(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(signal=number):
                process = self.lonely()
                process.send_signal(number)
                self.assert_ends(process, code)

    def test_nohup_is_respected(self):
        process = self.lonely(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        self.assert_ends(process, 143)

    def test_a_second_interrupt_ends_it_at_once(self):
        process = self.lonely()
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        while process.poll() is None and time.monotonic() - begun < 1:
            process.send_signal(signal.SIGINT)
            select.select([], [], [], 0.01)
        self.assertEqual(process.poll(), 130)

    def test_settings_are_read_again_on_demand(self):
        keyfile = self.write("config/btfw/btfw.conf", "[session]\nmax-upload=1M\n")
        process = self.lonely()
        process.send_signal(signal.SIGUSR1)
        self.assertIn("read again", process.stderr.readline().decode())
        with open(keyfile, "a", encoding="utf-8") as file:
            file.write("nonsense\n")
        process.send_signal(signal.SIGUSR1)
        self.assertIn("stay as they were", process.stderr.readline().decode())
        process.send_signal(signal.SIGINT)
        self.assert_ends(process, 130)

    def test_closed_descriptors_do_no_harm(self):
        def close_all():
            for number in (0, 1, 2):
                os.close(number)

        _, url = self.share()
        process = self.start("--bind=127.0.0.1", "--port=0", "--dir=got", url, preexec_fn=close_all)
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assert_same()

    def test_readers_that_went_away_do_not_end_a_transfer(self):
        _, url = self.share()
        process = self.start("--bind=127.0.0.1", "--port=0", "--dir=got", "--max-download=2M", "--progress=json", url)
        for stream in (process.stdout, process.stderr):
            stream.close()
        process.stdout = process.stderr = None
        self.assertEqual(process.wait(PATIENCE), 0)
        self.assert_same()

    def test_a_pipe_that_nobody_reads_does_not_keep_it_from_stopping(self):
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(writer, False)
        os.write(writer, 4096 * b"x")
        os.set_blocking(writer, True)
        process = self.lonely("--progress=json", stdout=writer)
        os.close(writer)
        process.send_signal(signal.SIGTERM)
        self.assert_ends(process, 143)

    def test_files_of_somebody_else_are_left_alone(self):
        _, url = self.share()
        self.write("got/shared/small", b"mine!")
        self.write("got/shared/sub/data.bin", 3000000 * b"m")
        self.assertIn("--overwrite", self.get(url, code=1)[1])
        with open(self.path("got/shared/small"), "rb") as file:
            self.assertEqual(file.read(), b"mine!")
        self.get(url, "--overwrite")
        self.assert_same()


class Terminal(SessionCase):
    """The live display, and how the terminal is left."""

    HIDE, SHOW = b"\x1b[?25l", b"\x1b[?25h"

    def start_on_terminal(self, *arguments, width=80):
        master, slave = pty.openpty()
        master = os.fdopen(master, "rb", buffering=0)
        self.addCleanup(master.close)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        process = self.start(*arguments, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                             preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        return process, master

    def read_until(self, master, expected, seen=b""):
        end = time.monotonic() + PATIENCE
        while expected not in seen:
            self.assertLess(time.monotonic(), end, seen)
            if select.select([master], [], [], 1)[0]:
                try:
                    seen += master.read(65536)
                except OSError:
                    break
        self.assertIn(expected, seen)
        return seen

    def start_lonely_on_terminal(self, width=80):
        torrent, _ = self.make_torrent()
        return self.start_on_terminal("--bind=127.0.0.1", "--port=0", "--dir=lonely", torrent, width=width)

    def test_the_cursor_is_given_back_however_it_ends(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGSEGV, -signal.SIGSEGV)):
            with self.subTest(signal=number):
                process, master = self.start_lonely_on_terminal()
                seen = self.read_until(master, "▕".encode())
                self.assertLess(seen.index(self.HIDE), seen.index("▕".encode()))
                process.send_signal(number)
                self.read_until(master, self.SHOW)
                self.assertEqual(process.wait(PATIENCE), code)

    def test_no_line_is_wider_than_the_terminal(self):
        process, master = self.start_lonely_on_terminal(width=40)
        seen = self.read_until(master, "▏".encode())
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 30, 0, 0))
        process.send_signal(signal.SIGWINCH)
        process.send_signal(signal.SIGINT)
        seen = self.read_until(master, self.SHOW, seen).decode()
        block = seen[seen.index("\x1b[?25l"):seen.index("\x1b[?25h")]
        lines = [line for line in block.replace("\x1b[K", "").split("\r\n") if "▕" in line]
        self.assertTrue(lines)
        for line in lines:
            self.assertLess(len(line.rsplit("A", 1)[-1]), 40, line)

    def test_a_dead_terminal_stops_it_in_good_order(self):
        process, master = self.start_lonely_on_terminal()
        self.read_until(master, "▕".encode())
        master.close()
        self.assertEqual(process.wait(PATIENCE), 129)


if __name__ == "__main__":
    # Who is run by nohup ignores it, and would hand that down to every program.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    unittest.main(argv=sys.argv[:1] + sys.argv[2:], verbosity=2)
