"""Lets Lightning's own Trainer train three steps and save, as a user's script would."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings

import torch


def write(path: str) -> None:
    """A real .ckpt by ModelCheckpoint, at ``path``."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    warnings.simplefilter("ignore")
    import pytorch_lightning as lightning
    from pytorch_lightning.callbacks import ModelCheckpoint

    class Rows(torch.utils.data.Dataset[torch.Tensor]):
        """Data to train on."""

        def __len__(self) -> int:
            return 24

        def __getitem__(self, index: int) -> torch.Tensor:
            return torch.full((8,), index / 24)

    class Model(lightning.LightningModule):
        """One layer, and what training it needs."""

        def __init__(self, width: int = 8) -> None:
            super().__init__()
            self.save_hyperparameters()
            self.layer = torch.nn.Linear(width, 1)

        def training_step(self, batch: torch.Tensor, index: int) -> torch.Tensor:
            """The loss of one batch."""
            loss: torch.Tensor = self.layer(batch).square().mean()
            return loss

        def configure_optimizers(self) -> torch.optim.Optimizer:
            """AdamW over all of it."""
            return torch.optim.AdamW(self.parameters(), lr=1e-3)

    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            max_steps=3, accelerator="cpu", devices=1, logger=False, enable_progress_bar=False,
            enable_model_summary=False, default_root_dir=folder,
            callbacks=[ModelCheckpoint(dirpath=folder, filename="last", every_n_train_steps=3)],
        )  # fmt: skip
        trainer.fit(Model(), torch.utils.data.DataLoader(Rows(), batch_size=8))
        os.replace(os.path.join(folder, "last.ckpt"), path)
