#!/usr/bin/python3
# reference.py: the reference for authors can be made, and has all that is public.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as tree

GI_DOCGEN, DATA, GIR = sys.argv[1:4]
CORE = "{http://www.gtk.org/introspection/core/1.0}"


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.made = subprocess.run(
            [GI_DOCGEN, "generate", "--config=" + os.path.join(DATA, "btfw-reference.toml"), "--content-dir=" + DATA,
             "--output-dir=" + cls.folder.name, "--no-namespace-dir", GIR],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        cls.pages = set(os.listdir(cls.folder.name))
        cls.namespace = tree.parse(GIR).getroot().find(CORE + "namespace")

    def test_it_is_made_without_a_complaint(self):
        self.assertEqual(self.made.returncode, 0, self.made.stdout)
        self.assertNotIn("WARNING", self.made.stdout)
        self.assertIn("index.html", self.pages)

    def test_pages_are_in_it(self):
        for page in ("embedding.html", "plugin-tutorial.html"):
            self.assertIn(page, self.pages)

    def list_names(self, kind):
        return [node.get("name") for node in self.namespace.findall(CORE + kind)]

    def test_every_class_and_interface_has_a_page(self):
        for kind, prefix in (("class", "class"), ("interface", "iface")):
            self.assertGreaterEqual(len(self.list_names(kind)), 6)
            for name in self.list_names(kind):
                self.assertIn("%s.%s.html" % (prefix, name), self.pages)

    def test_every_method_of_an_interface_has_a_page(self):
        for interface in self.namespace.findall(CORE + "interface"):
            for method in interface.findall(CORE + "virtual-method"):
                self.assertIn("vfunc.%s.%s.html" % (interface.get("name"), method.get("name")), self.pages)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
