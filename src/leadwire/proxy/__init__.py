"""The recording proxy: passes calls on to LeadSquared byte for byte, and has each recorded."""
