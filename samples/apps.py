from django.apps import AppConfig


class SamplesConfig(AppConfig):
    """Imported history and the simulated sample world: both play documents through the same services as everyone."""

    name = "samples"
