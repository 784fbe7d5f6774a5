# SPDX-License-Identifier: BSD-2-Clause
"""ldns reads every response: somebody else's idea of what a DNS message is."""
import ctypes
import ctypes.util


class Oracle:
    def __init__(self):
        self.ldns = ctypes.CDLL(ctypes.util.find_library("ldns") or "libldns.so.3")
        self.ldns.ldns_wire2pkt.argtypes = [
            ctypes.POINTER(ctypes.c_void_p), ctypes.c_char_p, ctypes.c_size_t]
        self.ldns.ldns_pkt_free.argtypes = [ctypes.c_void_p]
        self.ldns.ldns_pkt_free.restype = None
        self.ldns.ldns_get_errorstr_by_id.restype = ctypes.c_char_p

    @staticmethod
    def is_installed():
        try:
            Oracle()
        except OSError:
            return False
        return True

    def complaint(self, wire):
        """What ldns has against this message; None: nothing."""
        packet = ctypes.c_void_p()
        status = self.ldns.ldns_wire2pkt(ctypes.byref(packet), wire, len(wire))
        if status == 0:
            self.ldns.ldns_pkt_free(packet)
            return None
        return self.ldns.ldns_get_errorstr_by_id(status).decode()
