#include <covey/transport_curl.h>

int main(void)
{
    const covey_transport_config config = {0};
    covey_transport *transport = NULL;

    if (covey_transport_new(&transport, &config) != COVEY_OK) return 1;
    covey_transport_wake(transport);
    int err = covey_transport_run(transport, 60000);
    covey_transport_free(transport);
    return err != COVEY_OK;
}
