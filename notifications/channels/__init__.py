"""How a notice leaves the house: its words (texts), and the mail that carries them (mail)."""
