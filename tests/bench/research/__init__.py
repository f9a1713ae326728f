"""What features and labels cost: labels beside finmlkit, the rest beside the bare work in it."""
