/* session.vala: downloads a torrent with libbtfw, as an application would. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A picker of this program: in file order, as for a film. What a class gets from its interface but does not need
 * (pieces_changed, peer_changed) it leaves out. Called on the session's loop thread. */
class InOrderPicker : Object, Btfw.Picker {
	public uint window { get; set; default = 64; }

	private Btfw.SwarmView? swarm;

	public void attach (Btfw.SwarmView swarm) {
		this.swarm = swarm;
	}

	public void detach () {
		swarm = null;
	}

	public void pick (Btfw.PeerView peer, Btfw.Picks picks) {
		uint32 first = swarm.next_wanted (Btfw.PIECE_NONE);

		for (uint32 piece = peer.next_interesting (Btfw.PIECE_NONE);
		     piece != Btfw.PIECE_NONE && piece < first + window; piece = peer.next_interesting (piece)) {
			if (picks.add (piece, Btfw.PickKind.NEW) == Btfw.PickAnswer.ENOUGH)
				return;
		}
	}
}

/* One torrent, from adding it until it is complete, has failed, or is interrupted. */
class Download : Object {
	public signal void progress (Btfw.Torrent torrent, Btfw.TorrentStatus status);

	private const uint STOP_PATIENCE = 2000; // milliseconds in which trackers may hear that we go

	private Btfw.Session session;
	private SourceFunc? wake_up;
	private bool is_interrupted;

	public Download (Btfw.Config config) throws Error {
		session = new Btfw.Session (config);
		session.notice.connect ((level, text) => stderr.printf ("%s\n", text));
		session.start ();
	}

	/* Whether it is complete; what goes wrong is thrown. */
	public async bool run (string source, Btfw.AddOptions options) throws Error {
		try {
			var torrent = yield add (source, options);
			torrent.notice.connect ((level, text) => stderr.printf ("%s\n", text));
			torrent.status_changed.connect (on_status_changed);
			while (!is_interrupted && !is_over (torrent.get_status ())) {
				wake_up = run.callback;
				yield;
			}
			torrent.status_changed.disconnect (on_status_changed);
			if (torrent.get_status ().get_error () != null)
				throw torrent.get_status ().get_error ().copy ();
			yield session.stop_async (STOP_PATIENCE);
		} finally {
			session.close ();
		}
		return !is_interrupted;
	}

	public void interrupt () {
		is_interrupted = true;
		wake ();
	}

	private async Btfw.Torrent add (string source, Btfw.AddOptions options) throws Error {
		if (Btfw.Magnet.is_link (source))
			return yield session.add_magnet_async (Btfw.Magnet.parse (source), options, null);
		return yield session.add_async (new Btfw.Metainfo.from_path (source), options, null);
	}

	private void on_status_changed (Btfw.Torrent torrent) {
		progress (torrent, torrent.get_status ());
		wake ();
	}

	private static bool is_over (Btfw.TorrentStatus status) {
		return status.get_state () == Btfw.TorrentState.FAILED ||
			(status.get_state () == Btfw.TorrentState.SEEDING && status.is_complete ());
	}

	private void wake () {
		SourceFunc? resume = (owned) wake_up;

		wake_up = null;
		if (resume != null)
			resume ();
	}
}

static int code = 0;

static async void download (Download download, string source, Btfw.AddOptions options, MainLoop loop) {
	try {
		if (!yield download.run (source, options))
			code = 130;
	} catch (Error error) {
		stderr.printf ("%s\n", error.message);
		code = 1;
	}
	loop.quit ();
}

static int main (string[] args) {
	if (args.length < 3) {
		stderr.printf ("Usage: session SOURCE FOLDER [HOST:PORT…]\nSOURCE is a .torrent file or a magnet link. " +
			"Exit codes: 0 complete, 1 failed, 2 wrong usage, 130 interrupted.\n");
		return 2;
	}

	var loop = new MainLoop ();
	var options = new Btfw.AddOptions ();
	options.set_dir (args[2]);
	options.set_picker ("in_order,window=16");
	foreach (unowned string peer in args[3:args.length])
		options.add_peer (peer.substring (0, peer.last_index_of_char (':')), (uint16) int.parse (peer.substring (peer.last_index_of_char (':') + 1)));

	try {
		Btfw.Plugins.register ("picker", "in_order", typeof (InOrderPicker));
		var config = new Btfw.Config ();
		config.load_default ();
		var one = new Download (config);
		one.progress.connect ((torrent, status) => {
			print ("%s: %s of %s, %s, %u peers\n", torrent.get_name (), Btfw.format_size (status.get_done ()),
				Btfw.format_size (status.get_wanted ()), Btfw.format_rate (status.get_download_rate ()), status.get_n_peers ());
		});
		Unix.signal_add (Posix.Signal.INT, () => {
			one.interrupt ();
			return Source.CONTINUE;
		});
		download.begin (one, args[1], options, loop);
		loop.run ();
	} catch (Error error) {
		stderr.printf ("%s\n", error.message);
		return 1;
	}
	return code;
}
