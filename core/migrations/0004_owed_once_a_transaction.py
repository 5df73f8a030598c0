from django.db import migrations, models

# What stands there was owed once an event: a negative number is no transaction's, so it stays apart from all that comes.
FORWARD = """
UPDATE core_delivery SET transaction = -event_id, subject_id = CASE WHEN handler = 'core.seal' THEN event_id ELSE subject_id END
"""
BACKWARD = "UPDATE core_delivery SET subject_id = 0 WHERE handler = 'core.seal'"


class Migration(migrations.Migration):
    dependencies = [("core", "0003_fewer_indexes")]

    operations = [
        migrations.RemoveConstraint(model_name="delivery", name="core_delivery_once"),
        migrations.AddField(
            model_name="delivery",
            name="transaction",
            field=models.BigIntegerField(
                default=0, help_text="pg_current_xact_id() of the transaction that announced it"
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("handler", "subject_id", "transaction"), name="core_delivery_once"
            ),
        ),
    ]
